package media

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/subgraphs/product/db"
)

// Importer imports pictures from where they are: public addresses, and paths in a
// folder.
type Importer struct {
	Service *Service
	OwnerID string // of the uploads
	Folder  fs.FS  // of paths; nil: none is read
	// Refresh fetches what was fetched before again.
	Refresh bool
	// DryRun decodes the files and stores nothing. A picture that is not in the shop
	// has a name that leads nowhere.
	DryRun bool
}

// Result is the picture of a place, or the *fault.Error for which there is none.
type Result struct {
	Picture
	Err error
}

// IsAddress reports whether a place is an address, and not a path.
func IsAddress(place string) bool { return strings.Contains(place, "://") }

// Import imports the pictures of places, some of them at once. An address that was
// fetched before is not fetched again. Files are compared by their content: one that
// the shop has is not stored again. The error is one that all places share: the database
// or the store is away.
func (i *Importer) Import(ctx context.Context, places []string) (map[string]Result, error) {
	results, err := i.fetched(ctx, places)
	if err != nil {
		return nil, wrap("read sources of pictures", err)
	}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(i.Service.cfg.FetchConcurrent)
	for _, place := range places {
		if _, known := results[place]; known {
			continue
		}
		g.Go(func() error {
			picture, err := i.importFrom(ctx, place)
			if err != nil && fault.Of(err) == nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			results[place] = Result{picture, err}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return results, nil
}

// fetched are the pictures of those places that are addresses which were fetched before.
func (i *Importer) fetched(ctx context.Context, places []string) (map[string]Result, error) {
	results := map[string]Result{}
	if i.Refresh {
		return results, nil
	}
	var hashes [][]byte
	byHash := map[[sha256.Size]byte]string{}
	for _, place := range places {
		if IsAddress(place) {
			hash := sha256.Sum256([]byte(place))
			hashes, byHash[hash] = append(hashes, hash[:]), place
		}
	}
	if len(hashes) == 0 {
		return results, nil
	}
	rows, err := db.New(i.Service.pool).UploadsFrom(ctx, db.UploadsFromParams{OwnerID: i.OwnerID, Addresses: hashes})
	for _, row := range rows {
		results[byHash[[sha256.Size]byte(row.AddressSha256)]] = Result{Picture: Picture{row.ID, *row.Image}}
	}
	return results, err
}

func (i *Importer) importFrom(ctx context.Context, place string) (Picture, error) {
	if !IsAddress(place) {
		file, err := i.read(place)
		if err != nil {
			return Picture{}, err
		}
		return i.importFile(ctx, path.Base(place), file)
	}
	file, err := i.Service.fetchURL(ctx, place)
	if err != nil {
		return Picture{}, err
	}
	picture, err := i.importFile(ctx, filenameOf(place), file)
	if err != nil || i.DryRun {
		return picture, err
	}
	hash := sha256.Sum256([]byte(place))
	return picture, wrap("store source of picture", db.New(i.Service.pool).StoreSource(ctx, db.StoreSourceParams{
		OwnerID: i.OwnerID, AddressSha256: hash[:], UploadID: picture.UploadID,
	}))
}

// read reads a file of the folder, which no path leaves.
func (i *Importer) read(place string) ([]byte, error) {
	refused := func(reason string) error {
		return fault.Localized(fault.Invalid, "media.not_read", message.Args{"reason": reason})
	}
	name := path.Clean(strings.ReplaceAll(place, `\`, "/"))
	switch {
	case i.Folder == nil:
		return nil, refused("there is no folder that the path is in")
	case !fs.ValidPath(name):
		return nil, refused("the path leads out of the folder of the file")
	}
	info, err := fs.Stat(i.Folder, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, refused("there is no such file")
	case err != nil:
		return nil, refused("the file cannot be opened")
	case !info.Mode().IsRegular():
		return nil, refused("it is not a file")
	}
	f, err := i.Folder.Open(name)
	if err != nil {
		return nil, refused("the file cannot be opened")
	}
	defer func() { _ = f.Close() }()
	file, err := io.ReadAll(io.LimitReader(f, i.Service.cfg.MaxBytes+1))
	if err != nil {
		return nil, refused("the file cannot be read")
	}
	return file, nil
}

func (i *Importer) importFile(ctx context.Context, filename string, file []byte) (Picture, error) {
	if !i.DryRun {
		return i.Service.Import(ctx, i.OwnerID, filename, file)
	}
	row, err := db.New(i.Service.pool).UploadOf(ctx, db.UploadOfParams{ID: importedID(i.OwnerID, file), OwnerID: i.OwnerID})
	if err == nil && Status(row.Status) == Ready {
		return Picture{row.ID, *row.Image}, nil
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Picture{}, wrap("look for picture", err)
	}
	format, err := i.Service.checkFile(file)
	if err != nil {
		return Picture{}, err
	}
	if err := i.Service.importing.Acquire(ctx); err != nil {
		return Picture{}, err
	}
	defer i.Service.importing.Release()
	picture, err := i.Service.decode(ctx, format.ContentType(), file)
	if err != nil {
		return Picture{}, rejection(ctx, err)
	}
	return Picture{Image: catalogue.Image{ID: id.New(id.Image), Name: "new", Width: picture.Bounds().Dx(), Height: picture.Bounds().Dy()}}, nil
}
