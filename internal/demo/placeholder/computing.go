package placeholder

func keyboard(c *canvas, t tint) {
	c.shadow(200, 306, 178)
	c.path("M56 152 H344 Q352 152 354 160 L372 278 Q374 292 360 292 H40 Q26 292 28 278 L46 160 Q48 152 56 152 Z", t.dark)
	c.path("M56 146 H344 Q352 146 354 154 L370 268 Q372 282 358 282 H42 Q28 282 30 268 L46 154 Q48 146 56 146 Z", t.body)
	key := func(x, y, w, h float64, fill, under string) {
		c.rect(x, y+3, w, h, 4, under)
		c.rect(x, y, w, h, 4, fill)
	}
	for row := range 4 {
		y := 160 + float64(row)*25
		left, width := 62-float64(row)*4.5, 276+float64(row)*9
		count := 13 - row
		step := width / float64(count)
		for i := range count {
			fill, under := paper, mix(paper, ink, 0.25)
			if i == 0 || i == count-1 {
				fill, under = t.deep, mix(t.deep, ink, 0.5)
			}
			key(left+float64(i)*step, y, step-4, 19, fill, under)
		}
	}
	key(46, 259, 34, 15, t.deep, ink)
	key(86, 259, 30, 15, t.deep, ink)
	key(122, 259, 150, 15, paper, mix(paper, ink, 0.25))
	key(278, 259, 30, 15, t.deep, ink)
	key(314, 259, 40, 15, "#e5735c", "#a9503c")
}

func mouse(c *canvas, t tint) {
	c.shadow(200, 328, 112)
	c.path("M112 318 C96 250 110 108 206 92 C292 82 318 180 306 318 Z", t.body)
	c.path("M210 92 C206 140 204 170 206 196 L120 214 C124 160 150 104 210 92 Z", t.light)
	c.path("M210 92 C206 140 204 170 206 196 L304 214 C304 140 276 84 210 92 Z", t.base)
	c.line("M209 96 C205 140 204 170 206 196", t.deep, 4)
	c.line("M118 214 C170 194 240 190 305 214", t.deep, 4)
	c.rect(194, 122, 24, 52, 12, ink)
	c.rect(200, 130, 12, 36, 6, steel)
	c.path("M112 318 C108 296 108 270 110 246 C136 262 140 300 138 318 Z", t.deep)
	c.rect(126, 226, 12, 26, 6, t.deep)
	c.rect(112, 314, 194, 10, 5, ink)
}

func monitor(c *canvas, t tint) {
	c.shadow(200, 330, 110)
	c.path("M178 256 H222 L230 312 H170 Z", t.dark)
	c.rect(130, 310, 140, 16, 8, t.body)
	c.rect(44, 76, 312, 190, 14, t.body)
	c.rect(44, 76, 312, 190, 14, t.deep)
	c.rect(52, 84, 296, 168, 8, "#31507a")
	c.path("M52 252 V200 C100 150 140 190 180 170 C230 140 270 110 348 150 V244 Q348 252 340 252 Z", "#e49a6c")
	c.path("M52 244 V226 C120 180 170 236 230 206 C280 182 310 190 348 206 V244 Q348 252 340 252 H60 Q52 252 52 244 Z", "#7f4a6b")
	c.circle(268, 126, 24, light)
	c.rect(186, 256, 28, 4, 2, t.pale)
}

func webcam(c *canvas, t tint) {
	c.shadow(200, 326, 92)
	c.path("M168 240 H232 L244 312 H156 Z", coal)
	c.rect(128, 304, 144, 18, 9, ink)
	c.rect(60, 98, 280, 150, 74, t.body)
	c.rect(72, 110, 256, 126, 62, t.dark)
	c.circle(200, 173, 66, ink)
	c.circle(200, 173, 54, steel)
	c.circle(200, 173, 48, "#22262e")
	c.circle(200, 173, 34, "#34506e")
	c.circle(200, 173, 20, "#182230")
	c.circle(184, 156, 10, "#dcebee")
	c.circle(294, 173, 7, "#7fd08a")
	c.circle(106, 173, 5, t.pale)
}

func drive(c *canvas, t tint) {
	c.shadow(200, 322, 120)
	c.line("M200 76 C200 40 290 44 300 84 C306 112 340 110 346 84", coal, 10)
	c.rect(184, 72, 32, 26, 5, steel)
	c.rect(104, 92, 192, 226, 34, t.body)
	c.rect(118, 106, 164, 198, 24, t.dark)
	c.rect(118, 106, 164, 198, 24, mix(steel, t.base, 0.15))
	c.path("M142 106 H188 L118 176 V130 Q118 106 142 106 Z", shine)
	for i := range 5 {
		c.rect(146, 218+float64(i)*14, 108, 6, 3, t.base)
	}
	c.circle(262, 126, 5, "#7fd08a")
}

func hub(c *canvas, t tint) {
	c.shadow(200, 312, 170)
	c.line("M82 236 C10 236 16 120 96 122 C140 124 150 98 150 84", coal, 13)
	c.rect(132, 52, 36, 40, 8, t.deep)
	c.rect(138, 34, 24, 22, 5, steel)
	c.rect(72, 190, 284, 112, 24, t.body)
	c.rect(72, 190, 284, 34, 17, t.light)
	c.rect(94, 244, 44, 34, 4, ink)
	c.rect(100, 250, 32, 12, 2, "#3f6fb5")
	c.rect(150, 244, 44, 34, 4, ink)
	c.rect(156, 250, 32, 12, 2, "#3f6fb5")
	c.rect(206, 252, 42, 18, 9, ink)
	c.rect(260, 240, 38, 42, 4, ink)
	c.path("M266 276 V252 H272 V246 H286 V252 H292 V276 Z", coal)
	c.rect(310, 252, 30, 18, 9, ink)
	c.circle(334, 207, 5, "#7fd08a")
}
