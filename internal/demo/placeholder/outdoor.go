package placeholder

func tent(c *canvas, t tint) {
	c.shadow(200, 314, 180)
	c.line("M70 304 L36 316 M330 304 L364 316", coal, 4)
	c.path("M200 92 L62 308 H338 Z", t.body)
	c.path("M200 92 L62 308 H140 Z", t.light)
	c.path("M200 92 L338 308 H278 Z", t.dark)
	c.path("M206 104 L148 308 H268 Z", "#33302f")
	c.path("M206 104 L148 308 H186 C196 250 200 180 206 104 Z", t.pale)
	c.path("M206 104 L268 308 H240 C222 250 212 180 206 104 Z", t.pale)
	c.glow("M204 190 L192 308 H230 L212 200 Z", light, 0.55)
	c.line("M200 92 V74", coal, 5)
	c.path("M200 74 L228 82 L200 92 Z", "#e5735c")
	c.line("M62 308 H338", t.deep, 6)
}

func lantern(c *canvas, t tint) {
	c.glow("M200 110 C320 110 330 300 200 310 C70 300 80 110 200 110 Z", light, 0.45)
	c.shadow(200, 332, 96)
	c.line("M128 132 C118 30 282 30 272 132", steel, 8)
	c.path("M156 118 C160 84 240 84 244 118 Z", t.body)
	c.rect(126, 114, 148, 26, 10, t.body)
	c.path("M142 140 H258 C284 180 284 222 262 256 H138 C116 222 116 180 142 140 Z", "#fff4d2")
	c.path("M172 150 H228 C242 190 242 220 230 250 H170 C158 220 158 190 172 150 Z", light)
	c.path("M200 166 C218 192 218 216 200 226 C182 216 182 192 200 166 Z", "#f5b551")
	c.line("M146 140 C122 186 122 216 142 256 M254 140 C278 186 278 216 258 256", t.dark, 6)
	c.path("M128 252 H272 L284 312 Q286 326 272 326 H128 Q114 326 116 312 Z", t.body)
	c.circle(200, 288, 16, t.deep)
	c.circle(200, 286, 12, t.pale)
	c.rect(114, 314, 172, 12, 6, t.deep)
}

func bottle(c *canvas, t tint) {
	c.shadow(200, 338, 70)
	c.line("M178 60 C178 28 222 28 222 60", coal, 11)
	c.rect(160, 54, 80, 50, 12, ink)
	c.rect(170, 60, 8, 36, 4, "#5a5e67")
	c.rect(168, 100, 64, 14, 0, steel)
	c.path("M168 112 H232 C240 136 262 140 262 172 V306 Q262 332 236 332 H164 Q138 332 138 306 V172 C138 140 160 136 168 112 Z", t.body)
	c.rect(152, 174, 14, 138, 7, t.light)
	c.path("M176 262 L200 222 L214 244 L222 232 L240 262 Z", t.pale)
	c.circle(226, 214, 8, t.pale)
	c.path("M138 316 H262 Q258 332 236 332 H164 Q142 332 138 316 Z", steel)
}

func binoculars(c *canvas, t tint) {
	c.shadow(200, 326, 140)
	c.line("M118 100 C60 40 120 14 200 30 C280 14 340 40 282 100", coal, 8)
	c.rect(172, 150, 56, 74, 8, coal)
	c.circle(200, 142, 19, ink)
	c.rect(192, 126, 16, 30, 4, steel)
	c.mirrored(func() {
		c.rect(112, 84, 58, 44, 12, ink)
		c.path("M108 122 H174 L186 250 H72 Z", t.body)
		c.path("M116 130 H130 L106 246 H86 Z", t.light)
		c.rect(62, 246, 130, 70, 22, t.deep)
		c.rect(62, 246, 130, 18, 9, ink)
		c.oval(127, 306, 52, 13, "#6d8fb5")
		c.oval(112, 303, 16, 5, "#dcebee")
	})
}

func helmet(c *canvas, t tint) {
	c.shadow(200, 320, 126)
	c.line("M120 236 L168 306 L262 236", coal, 9)
	c.rect(156, 296, 28, 18, 5, ink)
	c.path("M66 232 C56 116 140 72 220 80 C310 88 346 160 338 240 C336 252 326 254 312 250 C240 230 160 230 92 252 C76 256 68 250 66 232 Z", t.body)
	c.path("M62 222 C28 228 18 246 28 258 C60 250 90 240 120 236 L112 212 Z", t.deep)
	c.path("M112 150 C140 112 180 104 206 104 C190 120 150 138 128 172 Z", ink)
	c.path("M146 178 C170 140 210 120 252 118 C236 140 196 156 168 196 Z", ink)
	c.path("M196 198 C216 166 256 144 290 146 C276 166 242 180 220 208 Z", ink)
	c.path("M252 210 C268 188 294 176 318 180 C310 196 290 204 276 218 Z", ink)
	c.line("M86 214 C92 150 130 110 180 96", t.pale, 7)
	c.circle(120, 238, 8, steel)
}

func mat(c *canvas, t tint) {
	c.shadow(200, 318, 168)
	c.path("M112 304 L190 222 H376 L352 296 Q349 304 340 304 Z", t.base)
	c.path("M352 296 Q349 304 340 304 H112 L118 297 H352 Z", t.deep)
	c.line("M214 266 C240 240 288 240 312 266 C286 284 238 284 214 266 Z", t.pale, 4)
	c.oval(263, 264, 11, 8, t.pale)
	c.path("M96 176 H196 C238 176 238 216 214 246 L150 304 H96 Z", t.dark)
	c.path("M96 176 H196 C208 176 216 180 222 186 L120 184 Z", t.base)
	c.circle(96, 240, 64, t.body)
	c.circle(96, 240, 50, t.pale)
	c.circle(96, 240, 44, t.base)
	c.circle(96, 240, 32, t.pale)
	c.circle(96, 240, 26, t.base)
	c.circle(96, 240, 14, t.pale)
	c.circle(96, 240, 9, t.deep)
}
