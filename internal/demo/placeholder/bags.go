package placeholder

func backpack(c *canvas, t tint) {
	c.shadow(200, 334, 112)
	c.line("M170 82 C170 44 230 44 230 82", t.deep, 13)
	c.line("M116 160 C84 200 86 280 108 310", t.deep, 20)
	c.line("M284 160 C316 200 314 280 292 310", t.deep, 20)
	c.path("M112 160 C112 50 288 50 288 160 L294 298 Q294 330 262 330 H138 Q106 330 106 298 Z", t.body)
	c.path("M112 160 C112 50 288 50 288 160 V176 C240 196 160 196 112 176 Z", t.base)
	c.line("M112 176 C160 196 240 196 288 176", t.deep, 5)
	c.rect(134, 216, 132, 92, 20, t.dark)
	c.rect(134, 212, 132, 92, 20, t.base)
	c.line("M148 232 H252", t.deep, 5)
	c.rect(240, 230, 8, 22, 4, brass)
	c.rect(182, 156, 36, 50, 5, "#9a6a45")
	c.rect(190, 188, 20, 12, 3, brass)
	c.rect(160, 262, 34, 18, 4, t.pale)
	c.glow("M126 150 C130 104 156 86 180 82 C152 100 142 130 142 164 Z", "#ffffff", 0.22)
}

func suitcase(c *canvas, t tint) {
	c.shadow(200, 342, 104)
	c.line("M166 96 V34 H234 V96", steel, 9)
	c.rect(158, 26, 84, 16, 8, ink)
	c.mirrored(func() {
		c.rect(126, 322, 26, 12, 3, coal)
		c.circle(139, 334, 11, ink)
		c.circle(139, 334, 4, steel)
	})
	c.rect(104, 84, 192, 242, 28, t.body)
	for i := range 5 {
		c.rect(128+float64(i)*32, 104, 13, 202, 6.5, t.dark)
		c.rect(128+float64(i)*32, 104, 5, 202, 2.5, t.light)
	}
	c.rect(104, 196, 192, 9, 0, t.deep)
	c.rect(184, 190, 32, 22, 5, steel)
	c.rect(172, 92, 56, 13, 6, t.deep)
	c.turned(8, 262, 240, func() {
		c.rect(236, 222, 50, 66, 6, paper)
		c.circle(261, 246, 13, "#e5735c")
		c.rect(246, 268, 30, 5, 2, t.base)
	})
}

func tote(c *canvas, t tint) {
	c.shadow(200, 332, 116)
	c.line("M148 150 C148 20 252 20 252 150", t.deep, 12)
	c.path("M196 152 C176 120 160 84 170 52 C190 76 200 110 204 152 Z", leafDark)
	c.path("M214 152 C210 110 226 70 250 52 C256 90 244 124 230 152 Z", leaf)
	c.path("M232 152 C240 122 262 100 284 96 C280 122 266 140 252 152 Z", leafDark)
	c.oval(160, 138, 25, 28, "#d9694f")
	c.path("M94 144 H306 L318 306 Q320 328 298 328 H102 Q80 328 82 306 Z", t.body)
	c.path("M94 144 H306 L307 162 H93 Z", t.dark)
	c.line("M152 144 C150 170 150 190 152 206", t.deep, 12)
	c.line("M248 144 C250 170 250 190 248 206", t.deep, 12)
	c.circle(200, 250, 36, t.pale)
	c.path("M200 226 C218 240 218 262 200 274 C182 262 182 240 200 226 Z", t.dark)
	c.line("M200 240 V280", t.pale, 4)
}

func sling(c *canvas, t tint) {
	c.shadow(200, 322, 140)
	c.line("M94 214 C40 90 150 30 240 60 C330 90 354 150 314 220", t.deep, 17)
	c.line("M230 57 C300 76 340 120 330 180", t.base, 7)
	c.rect(230, 46, 40, 28, 6, coal)
	c.path("M96 186 H304 C336 186 346 214 340 246 C332 296 306 312 264 312 H136 C94 312 68 296 60 246 C54 214 64 186 96 186 Z", t.body)
	c.line("M86 212 C150 232 250 232 314 212", t.deep, 6)
	c.rect(292, 208, 8, 30, 4, "#e5735c")
	c.path("M98 246 H302 C298 280 284 292 256 292 H144 C116 292 102 280 98 246 Z", t.dark)
	c.line("M98 246 H302", t.deep, 5)
	c.rect(176, 262, 48, 16, 4, t.pale)
}

func wallet(c *canvas, t tint) {
	c.shadow(200, 318, 138)
	c.turned(-6, 200, 200, func() {
		c.rect(104, 104, 176, 110, 10, "#7fb3a4")
		c.rect(120, 122, 34, 25, 4, brass)
		c.rect(112, 128, 176, 110, 10, "#e8a36c")
		c.rect(128, 146, 96, 8, 4, paper)
		c.rect(70, 152, 260, 156, 18, t.dark)
		c.rect(70, 148, 260, 156, 18, t.body)
		c.path("M70 200 C140 214 150 240 200 240 C250 240 260 214 330 200 V286 Q330 304 312 304 H88 Q70 304 70 286 Z", t.base)
		c.line("M70 200 C140 214 150 240 200 240 C250 240 260 214 330 200", t.deep, 4)
		for i := range 15 {
			c.rect(88+float64(i)*15.3, 291, 9, 3, 1.5, t.pale)
		}
		c.rect(262, 262, 44, 17, 4, t.dark)
	})
}
