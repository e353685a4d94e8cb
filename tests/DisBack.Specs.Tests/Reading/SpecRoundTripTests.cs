using System.Globalization;
using CsCheck;
using DisBack.Specs.Reading;

namespace DisBack.Specs.Tests.Reading;

public sealed class SpecRoundTripTests
{
    /// <summary>Text that YAML reads as something else, or not at all, unless it is quoted.</summary>
    private static readonly string[] s_awkward =
        ["null", "~", "true", "no", "1", "1e5", "- a", "a: b", "#x", "'", "\"", "{a}", "*a", "&a", " a ", "a\nb", "ü", ""];

    private static readonly Gen<string> s_text = Gen.OneOf(
        Gen.Char[' ', '~'].Array[0, 12].Select(c => new string(c)),
        Gen.Int[0, s_awkward.Length - 1].Select(i => s_awkward[i]));

    private static readonly Gen<ToyPolicy> s_policy = Gen.OneOf(
        Gen.Const((ToyPolicy)new NeverPolicy()),
        Gen.Int[1, 1000].Select(i => (ToyPolicy)new EveryPolicy { Interval = i }));

    private static readonly Gen<ToySpec> s_spec = Gen
        .Select(
            Gen.Int[1000, int.MaxValue],
            Gen.Double[1e-12, 1e9],
            Gen.Double.Unit.Array[2],
            Gen.Double[0, 1e6].Nullable(),
            Gen.Enum<ToyKind>(),
            s_policy,
            s_text.Array[1, 4],
            Gen.Long[0, long.MaxValue])
        .Select((steps, rate, betas, clip, kind, policy, folders, seed) => new ToySpec
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"{seed}"),
            Seed = seed,
            Folders = folders,
            Policy = policy,
            Training = new() { Steps = steps, Rate = rate, Betas = betas, Clip = clip, Kind = kind },
        });

    [Fact]
    public void Any_valid_spec_survives_YAML() => s_spec.Sample(spec =>
        Assert.Equal(SpecJson.Canonical(spec), SpecJson.Canonical(SpecReader.Parse<ToySpec>(SpecYaml.Write(spec), "toy.yaml"))), iter: 500);

    [Fact]
    public void Any_valid_spec_survives_canonical_JSON() => s_spec.Sample(spec =>
        Assert.Equal(SpecJson.Canonical(spec), SpecJson.Canonical(SpecJson.FromJson<ToySpec>(SpecJson.Canonical(spec)))), iter: 500);

    [Fact]
    public void The_canonical_form_sorts_keys_and_fills_in_defaults() => Assert.Equal(
        """{"folders":["here"],"name":"a","policy":{"policy":"never"},"seed":0,"training":"""
            + """{"betas":[0,0.999],"channels":null,"clip":null,"dry":false,"kind":"small-and-quick","rate":0.001,"steps":10}}""",
        SpecJson.Canonical(new ToySpec { Name = "a" }));

    [Fact]
    public void The_canonical_form_is_that_of_what_is_meant_not_of_how_it_is_written() => Assert.Equal(
        SpecJson.Canonical(SpecReader.Parse<ToySpec>("name: a\ntraining: {steps: 10}\nseed: 0\n", "a.yaml")),
        SpecJson.Canonical(SpecReader.Parse<ToySpec>("# a comment\nseed: 0\nname: 'a'\n", "b.yaml")));
}
