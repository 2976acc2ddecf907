package media

import "time"

// Config bounds what clients upload and what the shop makes of it.
type Config struct {
	// MaxBytes is the size up to which a file is accepted.
	MaxBytes int64 `env:"MAX_BYTES" envDefault:"20971520" min:"1024" max:"67108864"`
	// MaxPixels is how large a picture is decoded: each pixel takes up to 12 bytes of
	// memory while it is.
	MaxPixels int `env:"MAX_PIXELS" envDefault:"24000000" min:"1000000" max:"100000000"`
	// Workers is how many files are decoded at once.
	Workers int `env:"WORKERS" envDefault:"1" min:"1" max:"16"`
	// UploadExpiry is how long an address for an upload is valid.
	UploadExpiry time.Duration `env:"UPLOAD_EXPIRY" envDefault:"15m" min:"1m" max:"12h"`
	// UnusedAfter is after how long an upload that nothing uses is deleted.
	UnusedAfter time.Duration `env:"UNUSED_AFTER" envDefault:"24h" min:"1h" max:"720h"`
	// UploadsPerHour and BytesPerHour bound what one account or API client uploads.
	UploadsPerHour int64 `env:"UPLOADS_PER_HOUR" envDefault:"500" min:"1" max:"1000000"`
	BytesPerHour   int64 `env:"BYTES_PER_HOUR" envDefault:"2147483648" min:"1024" max:"1099511627776"`
	// FetchPrivate admits addresses within the network for pictures that are
	// fetched. It is for tests and demos: a catalogue file could reach every
	// service that this one can.
	FetchPrivate bool `env:"FETCH_PRIVATE" envDefault:"false"`
	// FetchTimeout is how long fetching a picture may take.
	FetchTimeout time.Duration `env:"FETCH_TIMEOUT" envDefault:"20s" min:"1s" max:"5m"`
	// FetchConcurrent is how many pictures are fetched at once.
	FetchConcurrent int `env:"FETCH_CONCURRENT" envDefault:"4" min:"1" max:"64"`
}
