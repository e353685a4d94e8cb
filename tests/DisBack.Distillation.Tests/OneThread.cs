using System.Runtime.CompilerServices;
using DisBack.Diffusion;

namespace DisBack.Distillation.Tests;

/// <summary>The networks of these tests are too small to share: a second thread only waits, and for long when other processes want the cores.</summary>
internal static class OneThread
{
    [ModuleInitializer]
    internal static void Set()
    {
        // What prepares the process for libtorch comes first, as everywhere else.
        RuntimeHelpers.RunModuleConstructor(typeof(Devices).Module.ModuleHandle);
        TorchSharp.torch.set_num_threads(1);
    }
}
