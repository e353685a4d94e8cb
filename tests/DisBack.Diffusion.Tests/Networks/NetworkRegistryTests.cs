using System.Reflection;
using System.Text.Json.Serialization;
using DisBack.Diffusion.Networks;
using DisBack.Specs.Networks;

namespace DisBack.Diffusion.Tests.Networks;

/// <summary>Whatever architecture a spec can name, this build can make.</summary>
public sealed class NetworkRegistryTests
{
    [Fact]
    public void Every_architecture_of_a_spec_is_registered() => Assert.Equal(
        typeof(NetworkSettings).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(choice => choice.DerivedType).ToHashSet(),
        NetworkRegistry.Settings.ToHashSet());
}
