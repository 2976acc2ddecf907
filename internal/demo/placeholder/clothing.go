package placeholder

func tee(c *canvas, t tint) {
	c.path("M150 72 C170 98 230 98 250 72 L318 104 L364 184 L308 212 L292 186 V330 Q292 338 284 338 H116 Q108 338 108 330 V186 L92 212 L36 184 L82 104 Z", t.body)
	c.path("M150 72 C170 98 230 98 250 72 L262 78 C236 116 164 116 138 78 Z", t.deep)
	c.path("M36 184 L92 212 L98 202 L42 174 Z", t.dark)
	c.path("M364 184 L308 212 L302 202 L358 174 Z", t.dark)
	c.line("M108 190 C112 170 110 160 108 150 M292 190 C288 170 290 160 292 150", t.dark, 4)
	c.rect(108, 324, 184, 4, 0, t.dark)
	c.rect(222, 150, 40, 44, 5, t.light)
	c.rect(222, 150, 40, 7, 2, t.dark)
}

func sweater(c *canvas, t tint) {
	c.path("M152 70 H248 L304 96 C332 130 350 220 358 306 L306 316 L290 206 V332 H110 V206 L94 316 L42 306 C50 220 68 130 96 96 Z", t.body)
	c.path("M42 306 L94 316 L97 296 L44 286 Z", t.deep)
	c.path("M358 306 L306 316 L303 296 L356 286 Z", t.deep)
	c.rect(110, 310, 180, 24, 4, t.deep)
	c.path("M148 70 Q200 54 252 70 L244 100 Q200 116 156 100 Z", t.deep)
	for i := range 7 {
		c.line("M"+num(164+float64(i)*12)+" 72 V98", t.base, 3)
	}
	for i := range 13 {
		c.line("M"+num(120+float64(i)*13.4)+" 314 V330", t.base, 3)
	}
	for row := range 3 {
		y := 140 + float64(row)*22
		for i := range 9 {
			x := 120 + float64(i)*18
			c.line("M"+num(x)+" "+num(y)+" l8 -9 l8 9", t.pale, 4)
		}
	}
	c.line("M110 206 L104 160 M290 206 L296 160", t.deep, 4)
}

func sneaker(c *canvas, t tint) {
	c.shadow(200, 312, 168)
	c.path("M58 262 C52 210 56 170 66 146 C76 150 108 152 128 132 L156 118 C176 160 214 190 262 206 C312 214 348 228 350 268 Z", t.body)
	c.path("M58 262 C54 226 54 200 58 178 C84 190 100 224 104 262 Z", t.dark)
	c.path("M262 206 C312 214 348 228 350 268 H272 C286 240 280 220 262 206 Z", t.light)
	c.path("M128 132 L156 118 C176 160 214 190 262 206 L236 218 C190 206 146 178 128 132 Z", t.pale)
	c.line("M150 152 L178 138 M164 172 L194 158 M184 190 L214 176 M206 204 L236 190", paper, 7)
	c.path("M66 146 C60 140 64 128 72 128 L128 132 C108 152 76 150 66 146 Z", coffee)
	c.path("M50 258 H352 Q364 262 362 284 Q360 304 336 304 H70 Q48 304 46 280 Q46 262 50 258 Z", paper)
	c.path("M46 284 H362 Q360 304 336 304 H70 Q50 304 46 284 Z", "#caa472")
	c.line("M60 274 H346", mix(paper, ink, 0.18), 3)
}

func socks(c *canvas, t tint) {
	c.shadow(200, 322, 130)
	sock := func() {
		c.path("M150 62 H226 V206 C232 226 262 240 286 256 C316 278 300 318 264 318 C224 318 190 300 168 282 C144 262 150 232 150 206 Z", t.body)
		c.path("M286 256 C316 278 300 318 264 318 C252 318 240 316 230 313 C240 290 258 268 286 256 Z", t.deep)
		c.path("M150 214 C172 216 186 240 178 290 C146 268 150 236 150 214 Z", t.deep)
		c.rect(144, 54, 88, 46, 8, t.dark)
		for i := range 6 {
			c.line("M"+num(155+float64(i)*13.4)+" 60 V94", t.light, 4)
		}
		c.rect(150, 116, 76, 11, 0, t.pale)
		c.rect(150, 138, 76, 11, 0, t.pale)
	}
	c.group("translate(-66 14) rotate(-4 200 200)", sock)
	c.group("translate(34 -4) rotate(5 200 200)", sock)
}

func beanie(c *canvas, t tint) {
	c.shadow(200, 322, 126)
	c.circle(200, 78, 34, t.pale)
	c.circle(188, 70, 12, "#ffffff")
	c.path("M84 256 C76 130 140 90 200 90 C260 90 324 130 316 256 Z", t.body)
	for i := range 7 {
		x := 116 + float64(i)*28
		top := 200 + (x-200)*0.34
		c.line("M"+num(x)+" 244 C"+num(x)+" 190 "+num(top)+" 130 "+num(top)+" 106", t.dark, 5)
	}
	c.rect(68, 236, 264, 78, 26, t.base)
	for i := range 14 {
		c.rect(82+float64(i)*17.4, 242, 8, 66, 4, t.dark)
	}
	c.rect(176, 262, 48, 30, 4, paper)
	c.line("M186 277 H214", t.deep, 4)
}

func watch(c *canvas, t tint) {
	c.path("M158 20 H242 L252 122 H148 Z", "#8c5a3c")
	c.path("M148 278 H252 L242 380 H158 Z", "#7a4c32")
	c.line("M166 34 V110 M234 34 V110 M166 292 V368 M234 292 V368", "#b98a66", 3)
	c.rect(288, 190, 20, 22, 5, steel)
	c.rect(150, 106, 20, 34, 5, steel)
	c.rect(230, 106, 20, 34, 5, steel)
	c.rect(150, 262, 20, 34, 5, steel)
	c.rect(230, 262, 20, 34, 5, steel)
	c.circle(200, 200, 98, steel)
	c.circle(197, 197, 94, silver)
	c.circle(200, 200, 82, t.body)
	for i := range 12 {
		c.turned(float64(i)*30, 200, 200, func() {
			c.rect(197.5, 126, 5, 15, 2, mix(t.pale, "#ffffff", 0.4))
		})
	}
	c.rect(240, 190, 26, 20, 3, paper)
	c.text("17", 253, 206, 15, 700, ink)
	c.line("M200 200 L164 168", brass, 8)
	c.line("M200 200 L222 140", brass, 5)
	c.circle(200, 200, 8, brass)
	c.glow("M136 160 C150 134 176 122 200 122 L148 246 C130 224 126 190 136 160 Z", "#ffffff", 0.14)
}

func sunglasses(c *canvas, t tint) {
	c.shadow(200, 292, 160)
	c.line("M66 158 C50 120 80 96 120 92", t.deep, 11)
	c.line("M334 158 C350 120 320 96 280 92", t.deep, 11)
	c.mirrored(func() {
		c.path("M44 150 H172 Q190 152 188 184 C184 248 156 268 116 268 C72 268 50 240 46 188 Z", t.body)
		c.path("M64 166 H162 Q172 168 171 184 C168 234 146 250 116 250 C84 250 68 230 64 188 Z", "#2d3440")
		c.glow("M74 176 H108 L80 226 C72 212 70 194 74 176 Z", "#ffffff", 0.28)
	})
	c.line("M182 176 C190 160 210 160 218 176", t.dark, 13)
	c.circle(56, 164, 4, brass)
	c.circle(344, 164, 4, brass)
}
