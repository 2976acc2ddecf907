package placeholder

func kettle(c *canvas, t tint) {
	c.shadow(196, 330, 124)
	// Gooseneck spout, handle, body, lid.
	c.line("M138 290 C60 290 92 176 64 142", t.dark, 17)
	c.line("M134 286 C66 282 98 176 68 146", t.light, 5)
	c.line("M252 152 C330 128 352 180 338 262", ink, 19)
	c.line("M256 146 C322 128 344 176 332 250", "#7d563a", 8)
	c.path("M146 142 H262 L292 306 Q294 320 280 320 H128 Q114 320 116 306 Z", t.body)
	c.path("M154 156 H168 L152 300 H136 Z", t.light)
	c.oval(204, 142, 58, 11, t.deep)
	c.path("M148 140 C150 112 258 112 260 140 Z", t.base)
	c.rect(194, 94, 20, 18, 6, t.deep)
	c.oval(204, 92, 21, 11, "#7d563a")
	c.rect(112, 310, 184, 14, 7, ink)
}

func frenchPress(c *canvas, t tint) {
	c.shadow(196, 330, 100)
	c.line("M262 150 C340 140 340 282 262 276", ink, 17)
	c.rect(132, 128, 132, 190, 14, glass)
	c.path("M132 190 H264 V304 Q264 318 250 318 H146 Q132 318 132 304 Z", coffee)
	c.rect(132, 184, 132, 12, 0, "#8a5a3c")
	c.rect(136, 176, 124, 9, 3, steel)
	c.rect(194, 56, 8, 124, 0, steel)
	c.circle(198, 54, 17, ink)
	c.path("M124 130 C126 98 270 98 272 130 Z", t.body)
	c.path("M130 132 L108 118 L130 108 Z", t.dark)
	c.rect(124, 126, 148, 10, 5, t.dark)
	c.rect(124, 232, 148, 14, 4, t.body)
	c.path("M124 296 H272 V312 Q272 326 258 326 H138 Q124 326 124 312 Z", t.body)
	c.rect(142, 326, 112, 7, 3, oakDark)
	c.glow("M144 138 H158 V290 H144 Z", "#ffffff", 0.45)
}

func grinder(c *canvas, t tint) {
	c.shadow(200, 332, 76)
	c.line("M198 84 H302", coal, 10)
	c.rect(286, 52, 30, 44, 14, oak)
	c.rect(288, 84, 26, 12, 6, oakDark)
	c.circle(198, 84, 12, coal)
	c.path("M146 124 C150 92 246 92 250 124 Z", t.dark)
	c.rect(142, 120, 112, 120, 12, t.body)
	c.rect(156, 130, 12, 100, 6, t.light)
	c.rect(138, 236, 120, 16, 6, ink)
	for i := range 9 {
		c.rect(146+float64(i)*12, 239, 5, 10, 2, steel)
	}
	c.rect(146, 250, 104, 78, 14, oak)
	c.rect(158, 256, 10, 64, 5, mix(oak, "#ffffff", 0.35))
	c.rect(146, 316, 104, 12, 6, oakDark)
}

func teapot(c *canvas, t tint) {
	c.shadow(196, 328, 130)
	c.line("M280 186 C356 160 366 270 276 282", t.dark, 19)
	c.line("M284 182 C344 168 350 258 282 274", t.light, 5)
	c.path("M118 268 C82 258 74 204 42 184 L62 168 C98 178 116 208 132 224 Z", t.base)
	c.path("M200 148 C284 148 310 220 296 268 C288 302 262 322 200 322 C138 322 112 302 104 268 C90 220 116 148 200 148 Z", t.body)
	c.path("M104 262 C150 286 250 286 297 262 C290 302 262 322 200 322 C138 322 110 302 104 262 Z", mix(t.dark, "#c9a27a", 0.55))
	c.path("M146 160 C150 124 250 124 254 160 C230 170 170 170 146 160 Z", t.base)
	c.path("M146 160 C170 172 230 172 254 160 L252 166 C230 178 170 178 148 166 Z", t.deep)
	c.circle(200, 122, 14, oak)
	c.glow("M132 200 C138 180 150 172 164 168 C150 190 146 220 148 244 C136 236 130 216 132 200 Z", "#ffffff", 0.35)
}

func mug(c *canvas, t tint) {
	c.shadow(194, 330, 108)
	c.line("M262 178 C340 160 344 286 258 280", t.dark, 24)
	c.line("M266 174 C326 164 330 270 262 270", t.light, 6)
	c.path("M110 132 H278 L266 296 Q263 324 234 324 H154 Q125 324 122 296 Z", t.body)
	c.path("M120 262 C160 280 230 250 269 262 L266 296 Q263 324 234 324 H154 Q125 324 122 296 Z", mix("#cfb08a", t.dark, 0.2))
	c.oval(194, 132, 84, 20, t.dark)
	c.oval(194, 134, 74, 15, coffee)
	c.oval(188, 133, 34, 6, "#8a5a3c")
	c.glow("M130 156 H146 L154 250 L140 256 Z", "#ffffff", 0.38)
	c.line("M166 104 C152 84 182 74 168 48", "#ffffff", 6)
	c.line("M216 104 C202 84 232 74 218 48", "#ffffff", 6)
}

func bowls(c *canvas, t tint) {
	c.shadow(200, 328, 120)
	bowl := func(y float64, rim string) {
		c.path("M76 "+num(y)+" H324 C318 "+num(y+72)+" 262 "+num(y+96)+" 236 "+num(y+98)+" H164 C138 "+num(y+96)+" 82 "+num(y+72)+" 76 "+num(y)+" Z", t.body)
		c.path("M76 "+num(y)+" H324 Q323 "+num(y+14)+" 319 "+num(y+24)+" C250 "+num(y+34)+" 150 "+num(y+34)+" 81 "+num(y+24)+" Q77 "+num(y+14)+" 76 "+num(y)+" Z", rim)
	}
	c.rect(160, 310, 80, 14, 4, t.deep)
	bowl(212, t.light)
	c.path("M84 236 H316 C310 262 296 276 284 284 H116 C104 276 90 262 84 236 Z", t.dark)
	bowl(150, paper)
	c.oval(200, 150, 124, 26, t.dark)
	c.oval(200, 153, 112, 20, "#c99e74")
	c.oval(200, 153, 84, 12, "#e6cba9")
	c.glow("M104 190 Q110 210 128 226 L140 220 Q122 204 118 190 Z", "#ffffff", 0.4)
}

func ramekins(c *canvas, t tint) {
	dish := func(x, y float64) {
		c.path("M"+num(x)+" "+num(y)+" h130 l-8 66 q-1 8 -10 8 h-94 q-9 0 -10 -8 Z", t.body)
		for i := range 8 {
			c.rect(x+14+float64(i)*13.6, y+16, 4, 46, 2, t.dark)
		}
		c.oval(x+65, y, 66, 17, t.light)
		c.oval(x+65, y+1, 56, 12, "#b8682a")
		c.oval(x+58, y, 34, 6, "#dc9a45")
		c.oval(x+84, y+3, 12, 3, "#8a4519")
	}
	c.shadow(200, 328, 158)
	dish(135, 164)
	dish(56, 246)
	dish(214, 246)
	c.line("M240 152 C272 110 300 92 326 70", steel, 7)
	c.oval(238, 154, 14, 8, steel)
}

func pan(c *canvas, t tint) {
	c.shadow(170, 322, 140)
	c.turned(-38, 190, 200, func() {
		c.rect(290, 182, 118, 34, 17, t.dark)
		c.rect(300, 187, 96, 9, 4.5, t.light)
		c.circle(390, 199, 8, mix(t.dark, "#ffffff", 0.6))
	})
	c.circle(172, 216, 122, "#1f2024")
	c.circle(172, 212, 120, "#4a4d55")
	c.circle(172, 212, 102, ink)
	c.circle(172, 214, 98, "#3a3c43")
	c.path("M116 206 C104 160 150 140 182 158 C224 146 252 186 232 222 C240 262 194 272 172 258 C136 276 98 246 116 206 Z", paper)
	c.circle(172, 208, 33, "#f2b632")
	c.circle(162, 197, 9, "#fbdc86")
}

func pot(c *canvas, t tint) {
	c.shadow(200, 328, 150)
	c.line("M84 218 C46 212 46 262 84 258", t.dark, 16)
	c.line("M316 218 C354 212 354 262 316 258", t.dark, 16)
	c.path("M78 192 H322 V280 Q322 322 280 322 H120 Q78 322 78 280 Z", t.body)
	c.rect(78, 288, 244, 8, 0, t.dark)
	c.path("M70 188 C78 132 322 132 330 188 Z", t.base)
	c.path("M96 176 C112 148 180 144 200 144 C160 150 126 158 112 178 Z", t.light)
	c.rect(64, 182, 272, 16, 8, t.deep)
	c.rect(192, 122, 16, 22, 3, t.deep)
	c.oval(200, 120, 27, 12, brass)
	c.rect(98, 214, 12, 62, 6, t.light)
}

func knife(c *canvas, t tint) {
	c.shadow(200, 326, 150)
	c.rect(58, 270, 284, 50, 12, oak)
	c.line("M76 286 H170 M200 286 H320 M90 304 H250 M280 304 H326", oakDark, 3)
	c.turned(-24, 200, 190, func() {
		c.path("M40 176 H262 V232 C160 236 80 216 40 176 Z", silver)
		c.path("M40 176 H262 V190 H56 Z", shine)
		c.path("M62 197 C120 226 190 228 262 222 V232 C160 236 92 222 62 197 Z", steel)
		c.rect(256, 170, 18, 64, 4, coal)
		c.path("M272 174 H366 Q384 176 384 194 Q384 218 362 214 L346 208 H272 Z", t.body)
		c.circle(294, 191, 5, brass)
		c.circle(324, 191, 5, brass)
		c.circle(354, 193, 5, brass)
	})
}
