package placeholder

func headphones(c *canvas, t tint) {
	c.shadow(200, 330, 120)
	c.line("M92 226 C84 66 316 66 308 226", t.dark, 24)
	c.line("M93 214 C90 76 310 76 307 214", t.light, 8)
	c.line("M140 117 C170 94 230 94 260 117", t.deep, 20)
	c.mirrored(func() {
		c.rect(84, 196, 16, 50, 8, steel)
		c.turned(5, 108, 264, func() {
			c.rect(110, 206, 38, 112, 19, ink)
			c.rect(116, 212, 14, 100, 7, coal)
			c.rect(70, 204, 54, 116, 26, t.body)
			c.rect(80, 220, 9, 80, 4.5, t.light)
			c.rect(92, 284, 18, 6, 3, t.deep)
		})
	})
}

func earbuds(c *canvas, t tint) {
	c.shadow(200, 328, 118)
	// The open case.
	c.path("M104 222 C104 160 296 160 296 222 L296 232 L104 232 Z", t.dark)
	c.path("M116 224 C118 174 282 174 284 224 Z", t.deep)
	c.rect(96, 228, 208, 98, 44, t.body)
	c.rect(104, 232, 192, 18, 9, t.deep)
	c.circle(200, 292, 5, light)
	c.rect(124, 306, 152, 5, 2.5, t.light)
	// The two buds above it.
	c.mirrored(func() {
		c.turned(-12, 150, 150, func() {
			c.rect(142, 128, 22, 88, 11, t.base)
			c.rect(147, 140, 6, 66, 3, t.light)
			c.circle(156, 118, 33, t.body)
			c.oval(176, 112, 15, 22, coal)
			c.oval(179, 112, 9, 15, ink)
			c.circle(144, 108, 6, t.pale)
		})
	})
}

func speakers(c *canvas, t tint) {
	box := func(x float64) {
		c.shadow(x+56, 328, 82)
		c.rect(x, 96, 112, 228, 8, t.body)
		c.rect(x+8, 104, 96, 212, 5, ink)
		c.circle(x+56, 152, 26, coal)
		c.circle(x+56, 152, 16, steel)
		c.circle(x+56, 152, 7, ink)
		c.circle(x+56, 242, 44, coal)
		c.circle(x+56, 242, 36, "#23252a")
		c.circle(x+56, 242, 22, coal)
		c.circle(x+56, 242, 10, t.base)
		c.rect(x+40, 300, 32, 6, 3, t.light)
	}
	box(72)
	box(216)
}

func portable(c *canvas, t tint) {
	c.shadow(200, 320, 140)
	c.line("M318 184 C352 166 356 232 328 236", t.deep, 9)
	c.rect(66, 164, 268, 150, 72, t.body)
	c.rect(92, 180, 216, 118, 56, t.dark)
	for row := range 5 {
		for column := range 10 {
			x := 116 + float64(column)*18.5
			if row%2 == 1 {
				x += 9
			}
			if x < 292 {
				c.circle(x, 200+float64(row)*19, 4.2, t.deep)
			}
		}
	}
	c.rect(166, 154, 68, 14, 7, t.deep)
	c.circle(184, 161, 3, t.pale)
	c.circle(200, 161, 3, t.pale)
	c.circle(216, 161, 3, t.pale)
	c.rect(176, 228, 48, 22, 5, t.pale)
}

func radio(c *canvas, t tint) {
	c.shadow(200, 326, 140)
	c.line("M130 152 C140 92 260 92 270 152", "#8c5a3c", 12)
	c.line("M272 150 L320 66", steel, 5)
	c.circle(321, 64, 6, steel)
	c.rect(68, 146, 264, 172, 26, t.body)
	c.rect(84, 162, 138, 140, 14, t.deep)
	for i := range 8 {
		c.rect(98, 176+float64(i)*15, 110, 6, 3, t.base)
	}
	c.rect(238, 166, 78, 46, 8, ink)
	c.text("7:45", 277, 198, 26, 700, light)
	c.circle(277, 260, 34, t.deep)
	c.circle(277, 257, 30, paper)
	c.line("M277 257 L292 238", t.deep, 5)
	c.rect(96, 316, 28, 10, 4, coal)
	c.rect(276, 316, 28, 10, 4, coal)
}

func soundbar(c *canvas, t tint) {
	c.rect(84, 76, 232, 136, 8, ink)
	c.path("M92 84 H308 V204 H92 Z", "#51627d")
	c.path("M92 204 V168 L150 124 L196 164 L232 138 L308 196 V204 Z", "#38465c")
	c.circle(262, 116, 14, light)
	c.rect(182, 212, 36, 36, 2, coal)
	c.shadow(200, 318, 165)
	c.rect(42, 250, 316, 62, 24, t.body)
	c.rect(54, 262, 292, 38, 16, t.deep)
	for i := range 26 {
		c.rect(68+float64(i)*10.4, 267, 4, 28, 2, t.dark)
	}
	c.circle(332, 281, 4, light)
	c.rect(70, 311, 40, 8, 4, ink)
	c.rect(290, 311, 40, 8, 4, ink)
}

func turntable(c *canvas, t tint) {
	c.shadow(200, 326, 160)
	c.rect(92, 300, 36, 22, 8, ink)
	c.rect(272, 300, 36, 22, 8, ink)
	c.path("M72 128 H328 L360 282 H40 Z", t.base)
	c.path("M40 282 H360 V298 Q360 306 352 306 H48 Q40 306 40 298 Z", t.deep)
	c.path("M76 133 H324 L328 150 H72 Z", t.light)
	c.oval(178, 212, 118, 62, coal)
	c.oval(178, 208, 116, 60, ink)
	c.oval(178, 208, 96, 49, "#383b43")
	c.oval(178, 208, 92, 47, ink)
	c.oval(178, 208, 68, 35, "#383b43")
	c.oval(178, 208, 64, 33, ink)
	c.oval(178, 208, 36, 19, "#d9694f")
	c.oval(178, 208, 5, 3, paper)
	c.glow("M178 208 L250 162 L276 178 Z", "#ffffff", 0.14)
	c.circle(308, 166, 20, t.deep)
	c.circle(308, 164, 15, steel)
	c.line("M308 164 L316 232 L262 240", silver, 7)
	c.rect(240, 232, 28, 15, 4, coal)
	c.circle(326, 268, 9, brass)
}

func microphone(c *canvas, t tint) {
	c.shadow(200, 328, 100)
	c.oval(200, 318, 84, 15, ink)
	c.oval(200, 313, 84, 15, coal)
	c.rect(192, 236, 16, 78, 6, steel)
	c.line("M124 150 V168 C124 266 276 266 276 168 V150", steel, 11)
	c.rect(148, 72, 104, 166, 52, t.body)
	c.path("M148 150 V124 C148 54 252 54 252 124 V150 Z", coal)
	for i := range 5 {
		y := 86 + float64(i)*14
		c.line("M160 "+num(y)+" H240", "#6a6f78", 3)
	}
	for i := range 6 {
		x := 162 + float64(i)*15
		c.line("M"+num(x)+" 78 V146", "#565b64", 2)
	}
	c.rect(146, 148, 108, 14, 5, t.pale)
	c.circle(200, 192, 16, t.deep)
	c.circle(200, 190, 12, paper)
	c.circle(200, 220, 4, "#e5735c")
}

func player(c *canvas, t tint) {
	c.shadow(200, 328, 80)
	c.line("M236 92 C300 40 350 150 312 230 C300 262 318 280 330 286", paper, 6)
	c.line("M236 92 C290 30 330 60 340 100", paper, 6)
	c.circle(332, 290, 14, paper)
	c.circle(342, 106, 14, paper)
	c.rect(122, 90, 156, 234, 34, t.body)
	c.rect(140, 108, 120, 84, 14, ink)
	c.path("M182 132 L182 168 L214 150 Z", t.pale)
	c.circle(200, 256, 48, t.dark)
	c.circle(200, 256, 46, t.pale)
	c.circle(200, 256, 17, t.base)
	c.rect(192, 216, 16, 5, 2.5, t.deep)
	c.rect(192, 291, 16, 5, 2.5, t.deep)
}
