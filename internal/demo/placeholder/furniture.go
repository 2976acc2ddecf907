package placeholder

func chair(c *canvas, t tint) {
	c.shadow(200, 338, 104)
	c.line("M150 226 L136 334", t.deep, 12)
	c.line("M262 226 L276 334", t.deep, 12)
	c.line("M140 70 C146 130 144 180 136 226", t.dark, 12)
	c.line("M260 70 C254 130 256 180 264 226", t.dark, 12)
	c.path("M128 66 C160 50 240 50 272 66 L270 122 C240 108 160 108 130 122 Z", t.body)
	c.line("M146 162 C180 150 220 150 254 162", t.base, 9)
	c.path("M122 212 H278 Q296 214 300 236 Q302 250 286 250 H114 Q98 250 100 236 Q104 214 122 212 Z", t.body)
	c.path("M100 240 H300 Q300 250 286 252 H114 Q100 250 100 240 Z", t.deep)
	c.line("M118 250 L104 338", t.base, 13)
	c.line("M282 250 L296 338", t.dark, 13)
	c.line("M114 292 H286", t.dark, 7)
}

func officeChair(c *canvas, t tint) {
	c.shadow(200, 344, 110)
	c.rect(192, 252, 16, 54, 4, steel)
	c.line("M200 300 L120 326 M200 300 L280 326 M200 300 V330", coal, 13)
	c.circle(118, 334, 11, ink)
	c.circle(282, 334, 11, ink)
	c.circle(200, 338, 11, ink)
	c.line("M112 236 V176 H140", coal, 10)
	c.line("M288 236 V176 H260", coal, 10)
	c.rect(98, 166, 46, 14, 7, ink)
	c.rect(256, 166, 46, 14, 7, ink)
	c.path("M148 44 H252 Q276 46 274 70 L266 190 Q264 206 248 206 H152 Q136 206 134 190 L126 70 Q124 46 148 44 Z", t.body)
	for i := range 7 {
		y := 68 + float64(i)*18
		c.line("M146 "+num(y)+" H254", t.dark, 3)
	}
	c.rect(150, 150, 100, 24, 12, t.deep)
	c.rect(106, 218, 188, 40, 20, t.base)
	c.rect(106, 240, 188, 18, 9, t.deep)
	c.rect(122, 224, 120, 8, 4, t.light)
}

func stool(c *canvas, t tint) {
	c.shadow(200, 338, 104)
	c.line("M200 166 L200 322", t.deep, 17)
	c.line("M160 172 L112 334", t.base, 18)
	c.line("M240 172 L288 334", t.dark, 18)
	c.line("M136 262 H264", t.dark, 9)
	c.oval(200, 172, 124, 26, t.deep)
	c.path("M76 152 H324 V170 C310 200 90 200 76 170 Z", t.dark)
	c.oval(200, 152, 124, 27, t.base)
	c.oval(200, 150, 104, 20, t.light)
	c.oval(200, 150, 74, 13, t.base)
	c.oval(200, 150, 42, 7, t.light)
	c.oval(148, 148, 13, 5, t.deep)
	c.oval(252, 148, 13, 5, t.deep)
	c.oval(200, 164, 13, 5, t.deep)
}

func sofa(c *canvas, t tint) {
	c.shadow(200, 322, 180)
	c.line("M84 292 L76 316 M316 292 L324 316", oakDark, 13)
	c.path("M70 160 Q72 122 108 122 H292 Q328 122 330 160 V250 H70 Z", t.dark)
	c.rect(82, 132, 116, 96, 18, t.body)
	c.rect(202, 132, 116, 96, 18, t.body)
	c.rect(70, 216, 260, 46, 14, t.base)
	c.rect(82, 206, 116, 42, 14, t.light)
	c.rect(202, 206, 116, 42, 14, t.light)
	c.rect(34, 176, 52, 124, 24, t.body)
	c.rect(314, 176, 52, 124, 24, t.base)
	c.rect(70, 256, 260, 44, 10, t.dark)
	c.turned(-14, 120, 186, func() {
		c.rect(90, 156, 58, 58, 12, "#e0a06a")
		c.line("M106 160 V210 M120 160 V210 M134 160 V210", "#c9824c", 4)
	})
}

func desk(c *canvas, t tint) {
	c.shadow(200, 334, 168)
	c.mirrored(func() {
		c.rect(84, 206, 20, 106, 3, coal)
		c.rect(88, 240, 12, 78, 2, ink)
		c.rect(58, 312, 76, 14, 7, ink)
	})
	c.rect(30, 184, 340, 26, 6, t.body)
	c.rect(30, 202, 340, 8, 4, t.deep)
	c.line("M60 192 H180 M210 195 H330", t.light, 3)
	c.rect(290, 210, 44, 12, 4, ink)
	// What stands on it: a screen, a plant, a cup.
	c.rect(140, 84, 128, 80, 8, ink)
	c.rect(147, 91, 114, 66, 4, "#4f6d96")
	c.path("M147 157 V136 C176 110 210 146 261 118 V157 Z", "#e49a6c")
	c.rect(196, 164, 16, 14, 0, coal)
	c.rect(172, 176, 64, 8, 4, ink)
	c.path("M62 184 L58 152 H96 L92 184 Z", paper)
	c.path("M77 152 C50 140 48 112 62 104 C76 116 80 132 77 152 Z", leaf)
	c.path("M77 152 C104 140 106 116 94 106 C80 116 74 132 77 152 Z", leafDark)
	c.line("M322 160 C340 156 340 178 322 176", "#d9694f", 5)
	c.rect(298, 152, 26, 32, 5, "#d9694f")
}

func shelf(c *canvas, t tint) {
	c.shadow(200, 346, 110)
	board := func(y, left, right float64) {
		c.rect(left, y, right-left, 10, 3, t.base)
		c.rect(left, y+7, right-left, 5, 2, t.deep)
	}
	c.line("M126 40 L104 340", t.dark, 12)
	c.line("M274 40 L296 340", t.dark, 12)
	books := func(x, y float64, heights []float64, fills []string) {
		for i, h := range heights {
			c.rect(x+float64(i)*16, y-h, 14, h, 2, fills[i])
			c.rect(x+float64(i)*16+3, y-h+8, 8, 4, 1, paper)
		}
	}
	books(132, 106, []float64{42, 48, 38, 46}, []string{"#d9694f", "#3f4f8f", "#e0b04c", "#4d8276"})
	c.circle(244, 93, 13, "#e8a36c")
	books(178, 180, []float64{46, 38, 50, 44, 48}, []string{"#4d6b7c", "#c98a6b", "#7a5574", "#efe6d2", "#b8584a"})
	c.path("M136 180 L132 154 H164 L160 180 Z", paper)
	c.path("M148 154 C126 146 128 122 140 118 C152 128 152 140 148 154 Z", leaf)
	c.path("M149 154 C170 148 168 126 158 120 C148 130 146 142 149 154 Z", leafDark)
	books(122, 256, []float64{50, 44, 48}, []string{"#2f6f8f", "#efe6d2", "#b5533c"})
	c.rect(196, 222, 82, 34, 5, "#d8c7a8")
	c.rect(226, 232, 22, 7, 3.5, oakDark)
	books(210, 330, []float64{46, 52, 40, 50}, []string{"#5d7250", "#c2477f", "#e0b04c", "#3f4f8f"})
	c.oval(156, 322, 30, 9, "#c98a6b")
	c.oval(156, 314, 26, 8, "#e2b08f")
	board(106, 116, 284)
	board(180, 110, 290)
	board(256, 104, 296)
	board(330, 98, 302)
	board(46, 122, 278)
}
