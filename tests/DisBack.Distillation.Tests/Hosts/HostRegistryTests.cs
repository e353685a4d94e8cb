using System.Reflection;
using System.Text.Json.Serialization;
using DisBack.Distillation.Hosts;
using DisBack.Specs.Backtracking;

namespace DisBack.Distillation.Tests.Hosts;

/// <summary>Whatever host a spec can name, this build can make.</summary>
public sealed class HostRegistryTests
{
    [Fact]
    public void Every_host_of_a_spec_is_registered() => Assert.Equal(
        typeof(BacktrackingSettings).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(choice => choice.DerivedType).ToHashSet(),
        HostRegistry.Settings.ToHashSet());
}
