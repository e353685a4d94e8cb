using System.Collections.Immutable;
using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Tests.Documents;

/// <summary>A manifest names files that a worker makes, so what it may name is a short list.</summary>
public sealed class ModelManifestTests
{
    private static readonly ContentRef s_content = new(new string('a', 64), 1);

    public static TheoryData<string> Strays =>
    [
        "../model_index.json", "unet/../../config.json", "/etc/passwd", "unet/.config.json", "unet/config.json/", "unet//config.json", "unet\\config.json",
        "UNET/config.json", "unet/config.json\n", "unet/run.sh", "scripts/x.json", "tokenizer/model.safetensors", "unet/a/b.json", "model.safetensors", "",
        "unet/con\u0000.json", "scheduler/other.json",
    ];

    [Theory]
    [InlineData("scheduler/scheduler_config.json")]
    [InlineData("tokenizer_2/merges.txt")]
    [InlineData("text_encoder_2/model.fp16.safetensors")]
    [InlineData("unet/diffusion_pytorch_model-00001-of-00002.safetensors")]
    [InlineData("unet/diffusion_pytorch_model.safetensors.index.fp16.json")]
    [InlineData("vae/diffusion_pytorch_model.bin")]
    public void Files_that_diffusers_writes_are_taken(string path) => Of(path).Check();

    [Theory, MemberData(nameof(Strays))]
    public void A_path_that_leaves_the_folder_or_is_no_file_of_a_model_is_refused_with_its_name(string path) =>
        Assert.Contains($"'{path}' is no file of a model", Assert.Throws<DisBackException>(() => Of(path).Check()).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("sub/other.bin")]
    [InlineData("..\\other.bin")]
    [InlineData("line\nbreak.bin")]
    [InlineData("")]
    public void What_is_added_is_named_without_a_folder(string name)
    {
        var refusals = new[] { Of() with { UNet = new(name, s_content) }, Of() with { Adapters = [new(name, s_content)] } };

        Assert.All(refusals, refused => Assert.Contains("is no name of a file", Assert.Throws<DisBackException>(refused.Check).Message));
    }

    [Theory]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 1)]
    [InlineData("../../../../../../../../../../../../../../../../../../../../etc/aa", 1)]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0)]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", -1)]
    public void A_content_is_a_digest_and_a_length(string digest, long length) => Assert.Contains(
        "The content of 'unet/config.json' is none",
        Assert.Throws<DisBackException>(() => (Of() with { Files = [.. Of().Files, new("unet/config.json", new(digest, length))] }).Check()).Message);

    [Fact]
    public void Sizes_have_a_bound_that_no_sum_gets_around()
    {
        var large = new ContentRef(new string('a', 64), long.MaxValue);
        var many = Of() with { Files = [.. Of().Files, new("unet/a.bin", large), new("unet/b.bin", large), new("unet/c.bin", large)] };

        Assert.Contains("bytes where at most", Assert.Throws<DisBackException>(many.Check).Message);
    }

    [Fact]
    public void What_nobody_writes_is_refused()
    {
        Assert.Contains("two files 'vae/config.json'", Refusal(Of("vae/config.json", "vae/config.json")));
        Assert.Contains("no file model_index.json", Refusal(new() { Files = [new("vae/config.json", s_content)] }));
        Assert.Contains("up to 512 files", Refusal(new() { Files = default }));
        Assert.Contains("up to 512 files", Refusal(Of([.. Enumerable.Range(0, 513).Select(i => $"unet/{i}.bin")])));
        Assert.Contains("not finite", Refusal(Of() with { Adapters = [new("a.bin", s_content, double.NaN)] }));
        Assert.Contains("is no file of a model", Refusal(Of() with { Files = [null!] }));
        Assert.Contains("is no name of a file", Refusal(Of() with { Adapters = [null!] }));

        static string Refusal(ModelManifest manifest) => Assert.Throws<DisBackException>(manifest.Check).Message;
    }

    [Fact]
    public void Its_digest_tells_all_that_changes_a_picture_and_not_the_order_of_files()
    {
        var model = Of("vae/config.json");
        ImmutableArray<ModelManifest> others =
        [
            Of("unet/config.json"), Of(), model with { UNet = new("other.bin", s_content) }, model with { KeepsAdapters = true },
            model with { Adapters = [new("a.bin", s_content)] }, model with { Adapters = [new("a.bin", s_content, 0.5)] },
            model with { Adapters = [new("a.bin", s_content), new("a.bin", s_content)] },
            model with { Files = model.Files.SetItem(0, model.Files[0] with { Content = new(new string('b', 64), 1) }) },
        ];

        Assert.Equal(model.Digest(), (model with { Files = [.. model.Files.Reverse()] }).Digest());
        Assert.Equal(others.Length + 1, others.Add(model).Select(one => one.Digest()).Distinct().Count());
    }

    private static ModelManifest Of(params IEnumerable<string> more) =>
        new() { Files = [new(ModelManifest.Index, s_content), .. more.Select(path => new ModelFile(path, s_content))] };
}
