using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DisBack.Diffusion;

/// <summary>Prepares the process for libtorch before its first native call.</summary>
internal static partial class LibTorch
{
    /// <summary>Names the folder of an installed libtorch, for example <c>site-packages/torch/lib</c>, to use instead of the package's.</summary>
    internal const string FolderVariable = "DISBACK_LIBTORCH";

    /// <summary>In the order of their dependencies; what a CPU build lacks is skipped.</summary>
    private static readonly string[] s_libraries = ["libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so"];

    // A module initializer, because everything that follows must come before the first use of TorchSharp, wherever that is.
#pragma warning disable CA2255
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Prepare()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // libgomp's idle threads spin by default. On a machine with anything else to do a step then takes up to a hundred times as long; asleep they cost
        // little where they meet as rarely as in BatchParallel. It reads the C environment when it is loaded, which .NET's own setter does not reach.
        _ = SetEnvironment("OMP_WAIT_POLICY", "PASSIVE", overwrite: 0);
        // cuBLAS repeats its sums bit for bit only with workspaces of a fixed size, and looks here when it makes its first one.
        _ = SetEnvironment("CUBLAS_WORKSPACE_CONFIG", ":4096:8", overwrite: 0);

        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder)
        {
            // Loaded first and under the names that TorchSharp's library asks for, they take the place of those beside it.
            foreach (var library in s_libraries.Select(name => Path.Combine(folder, name)).Where(File.Exists))
            {
                NativeLibrary.Load(library);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
