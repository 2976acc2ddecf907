package rpc

import (
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "cartograph/internal/rpc/v1"
)

// With keys, a service refuses a token for another audience.
func TestEveryServiceHasAnAudience(t *testing.T) {
	t.Parallel()
	declared := 0
	protoregistry.GlobalFiles.RangeFilesByPackage("cartograph.rpc.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			declared++
			service := string(file.Services().Get(i).FullName())
			if audienceOf("/"+service+"/Method") == "" {
				t.Errorf("%s has no audience", service)
			}
		}
		return true
	})
	if declared != len(audiences) {
		t.Errorf("%d services are declared and %d have an audience", declared, len(audiences))
	}
}
