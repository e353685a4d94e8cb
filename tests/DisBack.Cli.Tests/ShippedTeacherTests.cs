using System.Security.Cryptography;
using System.Text.Json;
using DisBack.Client;
using DisBack.Contracts.Grains;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Cli.Tests;

/// <summary>A shipped teacher is what its manifest says: these weights, from this committed spec.</summary>
public sealed class ShippedTeacherTests
{
    [Theory]
    [MemberData(nameof(Shipped))]
    public void The_manifest_names_the_spec_and_the_weights(string name)
    {
        using var manifest = JsonDocument.Parse(TeacherLibrary.ManifestOf(name));
        var spec = SpecReader.Read<TeacherSpec>(Path.Combine(AppContext.BaseDirectory, "samples", "teachers", $"{name}.yaml"), []);
        Assert.Equal(GrainKeys.Digest(SpecJson.Canonical(spec)), manifest.RootElement.GetProperty("spec_digest").GetString());
        Assert.Equal(spec.Seed, manifest.RootElement.GetProperty("seed").GetInt64());

        using var weights = typeof(TeacherLibrary).Assembly.GetManifestResourceStream($"Teachers/{name}.safetensors")!;
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(weights)), manifest.RootElement.GetProperty("weights_digest").GetString());
    }

    public static TheoryData<string> Shipped => [.. TeacherLibrary.Shipped];
}
