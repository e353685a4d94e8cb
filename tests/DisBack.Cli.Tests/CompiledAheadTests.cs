using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;

namespace DisBack.Cli.Tests;

/// <summary>A short command must not spend its time in the compiler, nor the start of a training.</summary>
public sealed class CompiledAheadTests
{
    [Theory]
    [InlineData("disback")]
    [InlineData("DisBack.Client")]
    [InlineData("DisBack.Contracts")]
    [InlineData("DisBack.Specs")]
    [InlineData("DisBack.Storage")]
    [InlineData("DisBack.Diffusion")]
    [InlineData("TorchSharp")]
    [InlineData("Orleans.Runtime")]
    public void What_a_command_loads_holds_machine_code(string assembly)
    {
        var path = Path.Combine(Path.GetDirectoryName(Programs.DisBack)!, $"{assembly}.dll");
        Assert.SkipUnless(
            RuntimeInformation.RuntimeIdentifier == "linux-x64" && path.Contains("/Release/", StringComparison.Ordinal),
            "Machine code is only in Release builds on Linux for x64.");
        using var image = new PEReader(File.OpenRead(path));
        Assert.True(image.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0, $"{path} holds no machine code; see src/CompiledAhead.targets.");
    }
}
