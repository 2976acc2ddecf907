package placeholder

func deskLamp(c *canvas, t tint) {
	c.beam("M74 168 L196 118 L300 324 H66 Z")
	c.shadow(240, 330, 110)
	c.oval(252, 318, 74, 13, t.deep)
	c.oval(252, 313, 74, 13, t.body)
	c.line("M252 308 L306 190", steel, 10)
	c.line("M306 190 L190 92", steel, 10)
	c.circle(306, 190, 14, t.dark)
	c.circle(306, 190, 6, t.pale)
	c.circle(252, 302, 11, t.dark)
	c.turned(-24, 160, 120, func() {
		c.path("M140 62 Q160 52 180 62 L192 92 C222 106 228 140 228 158 H92 C92 140 98 106 128 92 Z", t.body)
		c.path("M128 92 C106 106 104 140 104 152 H118 C118 132 124 108 142 94 Z", t.light)
		c.oval(160, 158, 68, 12, light)
		c.oval(160, 158, 34, 6, "#fffaf0")
	})
	c.circle(192, 92, 11, t.dark)
}

func pendant(c *canvas, t tint) {
	c.line("M200 0 V100", ink, 5)
	c.beam("M92 252 H308 L352 400 H48 Z")
	c.rect(184, 92, 32, 34, 8, brass)
	c.path("M182 122 H218 C226 160 300 168 316 244 Q318 256 306 256 H94 Q82 256 84 244 C100 168 174 160 182 122 Z", t.body)
	c.path("M170 154 C140 172 112 196 106 240 H124 C130 204 152 178 176 160 Z", t.light)
	c.oval(200, 256, 112, 16, t.deep)
	c.oval(200, 258, 102, 12, light)
	c.oval(200, 262, 30, 12, "#fffaf0")
}

func floorLamp(c *canvas, t tint) {
	c.beam("M116 160 H284 L318 300 H82 Z")
	c.shadow(200, 342, 100)
	c.line("M200 176 L140 340", oakDark, 9)
	c.line("M200 176 L260 340", oak, 9)
	c.line("M200 170 V336", oak, 9)
	c.rect(172, 236, 56, 6, 3, brass)
	c.path("M148 42 H252 L286 162 H114 Z", t.body)
	c.path("M156 50 H172 L144 154 H126 Z", t.light)
	c.path("M114 162 H286 L283 152 H117 Z", t.dark)
	c.rect(146, 38, 108, 8, 4, t.dark)
	c.oval(200, 163, 84, 7, light)
}

func candle(c *canvas, t tint) {
	c.shadow(200, 330, 104)
	c.glow("M200 60 C260 90 270 170 200 190 C130 170 140 90 200 60 Z", light, 0.45)
	c.rect(116, 158, 168, 166, 22, glass)
	c.path("M124 196 H276 V300 Q276 316 260 316 H140 Q124 316 124 300 Z", t.body)
	c.oval(200, 196, 76, 14, t.light)
	c.line("M200 194 V168", ink, 5)
	c.path("M200 92 C226 128 226 160 200 170 C174 160 174 128 200 92 Z", "#f2a03c")
	c.path("M200 122 C214 142 212 160 200 166 C188 160 186 142 200 122 Z", "#ffe9b0")
	c.rect(152, 226, 96, 66, 4, paper)
	c.path("M200 234 C216 244 216 256 200 264 C184 256 184 244 200 234 Z", t.base)
	c.rect(168, 268, 64, 4, 2, t.base)
	c.rect(178, 278, 44, 4, 2, t.base)
	c.glow("M126 172 Q128 164 136 164 H144 V306 H136 Q126 306 126 296 Z", "#ffffff", 0.5)
}

func vase(c *canvas, t tint) {
	c.shadow(200, 330, 92)
	c.line("M200 160 C196 120 210 80 236 40", leafDark, 6)
	c.line("M200 160 C190 120 170 96 140 70", leafDark, 6)
	c.path("M236 40 C270 30 282 58 262 74 C246 72 236 60 236 40 Z", leaf)
	c.path("M220 82 C256 78 262 108 242 118 C226 114 218 102 220 82 Z", leaf)
	c.path("M214 78 C182 70 182 42 204 34 C218 46 220 60 214 78 Z", leafDark)
	c.path("M140 70 C106 70 100 96 118 106 C134 102 142 90 140 70 Z", leaf)
	c.path("M166 94 C154 68 172 48 190 58 C194 74 184 88 166 94 Z", leaf)
	c.path("M170 106 C138 110 132 136 152 144 C166 138 172 124 170 106 Z", leafDark)
	c.path("M178 156 H222 V184 C286 200 300 262 270 306 Q262 324 244 324 H156 Q138 324 130 306 C100 262 114 200 178 184 Z", t.body)
	c.rect(172, 148, 56, 14, 7, t.dark)
	c.path("M119 240 C150 256 250 224 281 240 Q284 254 280 270 C240 256 160 288 120 270 Q116 254 119 240 Z", t.pale)
	c.glow("M150 208 C130 224 128 262 142 296 L154 292 C142 262 144 228 162 206 Z", "#ffffff", 0.3)
}

func clock(c *canvas, t tint) {
	c.circle(206, 206, 138, mix(t.deep, "#ffffff", 0.45))
	c.circle(200, 198, 138, t.body)
	c.circle(200, 198, 116, paper)
	for i := range 12 {
		c.turned(float64(i)*30, 200, 198, func() {
			if i%3 == 0 {
				c.rect(196, 92, 8, 22, 4, t.deep)
				return
			}
			c.circle(200, 100, 4.5, t.base)
		})
	}
	c.line("M200 198 L152 150", ink, 11)
	c.line("M200 198 L256 130", ink, 7)
	c.line("M188 226 L214 160", "#e5735c", 3)
	c.circle(200, 198, 11, ink)
	c.circle(200, 198, 5, "#e5735c")
}

func cushion(c *canvas, t tint) {
	c.shadow(200, 336, 150)
	c.path("M82 92 C140 102 260 102 318 92 C336 89 343 98 340 114 C332 180 332 250 340 312 C343 328 336 334 320 331 C260 322 140 322 80 331 C64 334 57 328 60 312 C68 250 68 180 60 114 C57 98 64 89 82 92 Z", t.body)
	for i := range 3 {
		x := 134 + float64(i)*60
		c.line("M"+num(x)+" 112 V314", t.pale, 13)
		c.line("M"+num(x+16)+" 112 V314", t.dark, 4)
	}
	c.line("M66 98 l-12 -12 M334 98 l12 -12 M66 326 l-12 12 M334 326 l12 12", t.dark, 9)
	c.glow("M80 108 C86 180 86 250 80 314 L96 316 C102 250 102 180 96 106 Z", "#ffffff", 0.22)
}

func planter(c *canvas, t tint) {
	c.shadow(200, 330, 92)
	c.line("M200 226 C200 160 196 120 200 70", leafDark, 7)
	c.path("M200 60 C236 92 230 150 200 176 C170 150 164 92 200 60 Z", leaf)
	c.path("M192 214 C140 220 92 180 92 124 C148 124 196 156 192 214 Z", leafDark)
	c.path("M208 214 C260 220 308 180 308 124 C252 124 204 156 208 214 Z", leaf)
	c.path("M196 224 C170 240 118 234 96 204 C132 180 180 190 196 224 Z", leaf)
	c.path("M204 224 C230 240 282 234 304 204 C268 180 220 190 204 224 Z", leafDark)
	c.path("M122 226 H278 L264 304 Q260 324 240 324 H160 Q140 324 136 304 Z", t.body)
	c.rect(112, 218, 176, 24, 8, t.base)
	c.rect(112, 236, 176, 6, 3, t.dark)
	c.rect(244, 262, 10, 40, 5, t.deep)
	c.rect(244, 280, 10, 22, 5, "#8fc7d9")
	c.glow("M140 248 H152 L160 306 H150 Z", "#ffffff", 0.3)
}
