using System.Runtime.CompilerServices;
using TorchSharp;

namespace DisBack.Diffusion.Tests;

/// <summary>Tests run side by side, one per core: torch's own threads would only wait for one another.</summary>
internal static class OneTorchThread
{
    [ModuleInitializer]
    internal static void Set()
    {
        // What prepares the process for libtorch comes first, as everywhere else.
        RuntimeHelpers.RunModuleConstructor(typeof(Devices).Module.ModuleHandle);
        torch.set_num_threads(1);
    }
}
