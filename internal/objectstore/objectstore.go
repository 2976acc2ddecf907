// Package objectstore stores files in S3, or in anything that has its interface.
package objectstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// ErrNotFound is returned for an object that does not exist.
var ErrNotFound = errors.New("object not found")

// Store is a bucket. It is safe for concurrent use.
type Store struct {
	client *minio.Client // for our own calls
	signer *minio.Client // for the addresses that others call
	bucket string
	region string
}

// defaultRegion is that of a server without regions.
const defaultRegion = "us-east-1"

// Open returns the bucket at an address,
//
//	https://ACCESS_KEY:SECRET_KEY@HOST/BUCKET?region=eu-central-1
//
// whose server clients reach at the base URL public; empty stands for the same host. It
// makes no call: a store that is away makes its users wait, not the start.
func Open(address, public string) (*Store, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("malformed URL") // the error would hold the secret
	}
	secret, _ := u.User.Password()
	bucket := strings.Trim(u.Path, "/")
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || secret == "" || bucket == "" || strings.Contains(bucket, "/") {
		return nil, errors.New("expected https://ACCESS_KEY:SECRET_KEY@HOST/BUCKET")
	}
	s := &Store{bucket: bucket, region: u.Query().Get("region")}
	if s.region == "" {
		s.region = defaultRegion
	}
	options := &minio.Options{
		Creds: credentials.NewStaticV4(u.User.Username(), secret, ""), Region: s.region,
		Secure: u.Scheme == "https", BucketLookup: lookup(u.Query().Get("style")), MaxRetries: 2,
	}
	if s.client, err = minio.New(u.Host, options); err != nil {
		return nil, err
	}
	s.signer = s.client
	if public == "" {
		return s, nil
	}
	p, err := url.Parse(public)
	if err != nil || p.Host == "" || strings.Trim(p.Path, "/") != "" {
		return nil, errors.New("the public address is a scheme and a host, without a path: it is signed")
	}
	signing := *options
	signing.Secure = p.Scheme == "https"
	s.signer, err = minio.New(p.Host, &signing)
	return s, err
}

// lookup is how the bucket is named in addresses: in the path, unless ?style=host.
func lookup(style string) minio.BucketLookupType {
	if style == "host" {
		return minio.BucketLookupDNS
	}
	return minio.BucketLookupPath
}

// A Ticket permits one client to store one object.
type Ticket struct {
	URL     string
	Headers map[string]string // that the client must send with its PUT
}

// Ticket returns an address for a PUT of an object with exactly this type and size.
// Both are signed, so the store refuses others, and everything after the expiry.
func (s *Store) Ticket(ctx context.Context, key, contentType string, size int64, expiry time.Duration) (Ticket, error) {
	signed := http.Header{"Content-Type": {contentType}, "Content-Length": {strconv.FormatInt(size, 10)}}
	u, err := s.signer.PresignHeader(ctx, http.MethodPut, s.bucket, key, expiry, nil, signed)
	if err != nil {
		return Ticket{}, fmt.Errorf("sign the address of %s: %w", key, err)
	}
	// Clients send Content-Length by themselves, browsers allow nothing else.
	return Ticket{URL: u.String(), Headers: map[string]string{"Content-Type": contentType}}, nil
}

// Info describes an object.
type Info struct {
	Size        int64
	ContentType string
}

// Stat returns what an object is.
func (s *Store) Stat(ctx context.Context, key string) (Info, error) {
	o, err := s.client.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return Info{}, wrap("look at", key, err)
	}
	return Info{Size: o.Size, ContentType: o.ContentType}, nil
}

// Open returns an object to read. The caller closes it.
func (s *Store) Open(ctx context.Context, key string) (io.ReadCloser, Info, error) {
	o, err := s.client.GetObject(ctx, s.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, Info{}, wrap("open", key, err)
	}
	info, err := o.Stat()
	if err != nil {
		_ = o.Close()
		return nil, Info{}, wrap("open", key, err)
	}
	return o, Info{Size: info.Size, ContentType: info.ContentType}, nil
}

// Read returns an object of at most limit bytes.
func (s *Store) Read(ctx context.Context, key string, limit int64) ([]byte, Info, error) {
	r, info, err := s.Open(ctx, key)
	if err != nil {
		return nil, info, err
	}
	defer func() { _ = r.Close() }()
	if info.Size > limit {
		return nil, info, fmt.Errorf("read %s: %d bytes, at most %d are expected", key, info.Size, limit)
	}
	content, err := io.ReadAll(io.LimitReader(r, limit))
	return content, info, wrap("read", key, err)
}

// Write stores an object in place of one with the same key.
func (s *Store) Write(ctx context.Context, key, contentType string, content []byte) error {
	_, err := s.client.PutObject(ctx, s.bucket, key, bytes.NewReader(content), int64(len(content)),
		minio.PutObjectOptions{ContentType: contentType, DisableMultipart: true})
	return wrap("write", key, err)
}

// Remove removes every object whose key begins with a prefix. None is no error.
func (s *Store) Remove(ctx context.Context, prefix string) error {
	ctx, cancel := context.WithCancel(ctx) // ends the listing
	defer cancel()
	for o := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if o.Err != nil {
			return wrap("list", prefix, o.Err)
		}
		if err := s.client.RemoveObject(ctx, s.bucket, o.Key, minio.RemoveObjectOptions{}); err != nil {
			return wrap("remove", o.Key, err)
		}
	}
	return ctx.Err()
}

// EnsureBucket creates the bucket unless it exists.
func (s *Store) EnsureBucket(ctx context.Context) error {
	exists, err := s.client.BucketExists(ctx, s.bucket)
	if err != nil || exists {
		return wrap("look at", s.bucket, err)
	}
	err = s.client.MakeBucket(ctx, s.bucket, minio.MakeBucketOptions{Region: s.region})
	if code := minio.ToErrorResponse(err).Code; code == minio.BucketAlreadyOwnedByYou || code == minio.BucketAlreadyExists {
		return nil // another replica was first
	}
	return wrap("create", s.bucket, err)
}

func wrap(action, key string, err error) error {
	if err == nil {
		return nil
	}
	if e := minio.ToErrorResponse(err); e.Code == minio.NoSuchKey || e.StatusCode == http.StatusNotFound && e.Code != minio.NoSuchBucket {
		err = ErrNotFound
	}
	return fmt.Errorf("%s %s: %w", action, key, err)
}
