// Pulumi's language host for Python, as far as a program needs it: it runs the program, nothing else.
//
// The real one (sdk/python/cmd/pulumi-language-python of Pulumi's repository) is a module that no proxy serves. What
// decides where the virtual environment and the program are looked for is Pulumi's own here too: the engine, the package
// `toolchain`, and the scripts beside this program, pulumi-language-python-exec and pulumi-resource-pulumi-python.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

const version = "3.259.0"

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engine string
}

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: %s ENGINE_ADDRESS", os.Args[0]))
	}
	served := &host{engine: os.Args[len(os.Args)-1]}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, served)
			return nil
		},
	})
	if err != nil {
		fail(err)
	}
	fmt.Println(handle.Port)
	if err := <-handle.Done; err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// toolchainOf finds the program's Python, from the project's options in Pulumi.yaml.
func toolchainOf(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	options := toolchain.PythonOptions{Root: info.RootDirectory, ProgramDir: info.ProgramDirectory}
	for name, value := range info.Options.AsMap() {
		text, _ := value.(string)
		switch name {
		case "virtualenv":
			options.Virtualenv = text
		case "toolchain":
			switch text {
			case "pip":
				options.Toolchain = toolchain.Pip
			case "uv":
				options.Toolchain = toolchain.Uv
			case "poetry":
				options.Toolchain = toolchain.Poetry
			default:
				return nil, fmt.Errorf("unknown toolchain %q", text)
			}
		default:
			return nil, fmt.Errorf("this stand-in does not know the option %q", name)
		}
	}
	return toolchain.ResolveToolchain(options)
}

// GetPluginInfo gives the version of the host.
func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// GetRequiredPackages names no package: the tests attach every provider to the engine themselves.
func (h *host) GetRequiredPackages(
	ctx context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	found, err := toolchainOf(request.Info)
	if err != nil {
		return nil, err
	}
	// The real host would make what is missing, by pip.
	if err := found.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// Run executes the program to its end.
func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	found, err := toolchainOf(request.Info)
	if err != nil {
		return nil, err
	}
	if err := found.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	arguments, err := h.arguments(request)
	if err != nil {
		return nil, err
	}
	command, err := found.Command(ctx, arguments...)
	if err != nil {
		return nil, err
	}
	if command.Env, err = environment(command, request); err != nil {
		return nil, err
	}
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program ended with %v", err)}, nil
	}
	return &pulumirpc.RunResponse{}, nil
}

func (h *host) arguments(request *pulumirpc.RunRequest) ([]string, error) {
	own, err := os.Executable()
	if err != nil {
		return nil, err
	}
	arguments := []string{filepath.Join(filepath.Dir(own), "pulumi-language-python-exec")}
	for _, option := range [][2]string{
		{"monitor", request.MonitorAddress},
		{"engine", h.engine},
		{"project", request.Project},
		{"root_directory", request.Info.RootDirectory},
		{"stack", request.Stack},
		{"pwd", request.Pwd},
		{"dry_run", strconv.FormatBool(request.DryRun)},
		{"parallel", strconv.Itoa(int(request.Parallel))},
		{"organization", request.Organization},
	} {
		if option[1] != "" {
			arguments = append(arguments, "--"+option[0], option[1])
		}
	}
	return append(append(arguments, request.Info.EntryPoint), request.Args...), nil
}

func environment(command *exec.Cmd, request *pulumirpc.RunRequest) ([]string, error) {
	settings, err := json.Marshal(request.Config)
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(request.ConfigSecretKeys)
	if err != nil {
		return nil, err
	}
	inherited := command.Env
	if inherited == nil {
		inherited = os.Environ()
	}
	return append(inherited, "PULUMI_CONFIG="+string(settings), "PULUMI_CONFIG_SECRET_KEYS="+string(secrets)), nil
}
