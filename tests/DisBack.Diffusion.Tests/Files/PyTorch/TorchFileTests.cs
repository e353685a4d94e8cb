using System.IO.Compression;
using System.Text;
using System.Text.Json;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Files.PyTorch;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Specs.Files;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Files.PyTorch;

/// <summary>What PyTorch wrote (tests/oracles/pytorch/make.py) is read as it was, and what would run code, or is damaged, is refused in one sentence.</summary>
public sealed class TorchFileTests : IDisposable
{
    /// <summary>Where a pickle that was run would leave a file.</summary>
    private const string Trace = "/tmp/disback-was-run";

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-torch-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("state.pt")]
    [InlineData("state-legacy.pt")]
    public void Every_kind_of_tensor_is_read_as_it_was_written(string name)
    {
        using var scope = NewDisposeScope();
        using var file = WeightsFile.Open(OracleFiles.PathOf("pytorch", name));
        var numbers = arange(24, ScalarType.Float32).reshape(4, 6);
        var quarters = arange(3, ScalarType.Float64) / 4;
        var signs = tensor([-1L, 0, 1]);
        var expected = new Dictionary<string, Tensor>
        {
            ["double"] = quarters,
            ["float"] = numbers,
            ["transposed"] = numbers.t(),
            ["part"] = numbers[TensorIndex.Slice(1, 3), TensorIndex.Slice(2, 5)],
            ["half"] = quarters.to(ScalarType.Float16),
            ["bfloat16"] = quarters.to(ScalarType.BFloat16),
            ["long"] = signs,
            ["int"] = signs.to(ScalarType.Int32),
            ["short"] = signs.to(ScalarType.Int16),
            ["char"] = signs.to(ScalarType.Int8),
            ["byte"] = tensor([0L, 1, 2]).to(ScalarType.Byte),
            ["bool"] = tensor([true, false]),
            ["scalar"] = tensor(2.5f),
            ["empty"] = empty(0, 3),
            ["parameter"] = ones(2),
        };

        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), file.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, item =>
        {
            var read = file.Read(item.Key);
            Assert.Equal(item.Value.dtype, read.dtype);
            Assert.Equal(item.Value.shape, read.shape);
            Assert.True(item.Value.Equals(read), item.Key);
        });
    }

    [Fact]
    public void A_module_of_PyTorch_has_the_tensors_of_its_state_dict()
    {
        using var scope = NewDisposeScope();
        using var file = WeightsFile.Open(OracleFiles.PathOf("pytorch", "module.pt"));

        Assert.Equal(["0.bias", "0.weight"], file.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.True(Values(1, [3, 2]).Equals(file.Read("0.weight")));
    }

    [Fact]
    public void A_snapshot_of_EDM_is_its_averaged_network_and_tells_its_settings()
    {
        using var file = WeightsFile.Open(OracleFiles.PathOf("pytorch", "network-snapshot-000001.pkl"));
        var settings = NetworkMetadata.Read(file.Metadata, file.Path);
        var expected = new SongUnetSettings
        {
            ImgResolution = 8, ImgChannels = 1, LabelDim = 10, AugmentDim = 9, ModelChannels = 4, ChannelMult = [1, 2], NumBlocks = 1, AttnResolutions = [4],
            EmbeddingType = EmbeddingType.Fourier, ChannelMultNoise = 2, EncoderType = EncoderType.Residual, ResampleFilter = [1, 3, 3, 1], Dropout = 0.13,
            SigmaMin = 0,
        };

        Assert.Equal(expected.ToJson(), settings.ToJson());
        AssertIsTheNetwork(file, settings);
    }

    /// <summary>In the path directory of the paper's code, and in the training states of EDM's, which tell the settings, too.</summary>
    [Theory]
    [InlineData("pytorch_model_1.bin", "fake_unet.", false)]
    [InlineData("training-state-000001.pt", "net.", true)]
    public void A_network_is_found_among_others_by_the_beginning_of_its_names(string name, string prefix, bool tellsSettings)
    {
        using var snapshot = WeightsFile.Open(OracleFiles.PathOf("pytorch", "network-snapshot-000001.pkl"));
        using var file = WeightsFile.Open(OracleFiles.PathOf("pytorch", name), prefix);

        Assert.Equal(tellsSettings, file.Metadata.Count > 0);
        AssertIsTheNetwork(file, NetworkMetadata.Read(snapshot.Metadata, snapshot.Path));
    }

    [Theory]
    [InlineData("evil.pt", "os.system", "posix.system")]
    [InlineData("evil-legacy.pt", "os.system", "posix.system")]
    [InlineData("compressed.pt", "compressed", "compressed")]
    public void What_would_run_code_or_expand_is_refused_by_name(string name, string one, string other)
    {
        var refusal = Assert.Throws<DisBackException>(() => WeightsFile.Open(OracleFiles.PathOf("pytorch", name)).Dispose()).Message;

        Assert.True(refusal.Contains(one, StringComparison.Ordinal) || refusal.Contains(other, StringComparison.Ordinal), refusal);
        Assert.False(File.Exists(Trace));
    }

    [Theory]
    [InlineData("\u0080\u0002].", "no tensor")]
    [InlineData("\u0080\u0002]q\u0000h\u0000a.", "without an end")]
    [InlineData("\u0080\u0002cos\nsystem\nX\u0002\u0000\u0000\u0000ls\u0085R.", "'os.system'")]
    [InlineData("\u0080\u0002cbuiltins\neval\n.", "'builtins.eval'")]
    [InlineData("cos\nsystem\n(S'touch x'\ntR.", "'os.system'")]
    [InlineData("\u0080\u0004B\u00ff\u00ff\u00ff\u007f.", "truncated")]
    [InlineData("\u0080\u0004\u008e\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff.", "length that cannot be")]
    [InlineData("\u0080\u0009N.", "protocol 9")]
    [InlineData("\u0080\u0002(R.", "not there")]
    [InlineData("\u0080\u0002u.", "has not begun")]
    [InlineData("\u0080\u0002h\u0007.", "value 7")]
    [InlineData("\u0080\u0002I1\n.", "0x49")]
    [InlineData("\u0080\u0002N.N", "after its end")]
    [InlineData("\u0080\u0002N", "truncated")]
    public void A_bad_pickle_is_refused_in_one_sentence(string pickle, string expected)
    {
        var path = Path.Combine(_folder, "bad.pkl");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(pickle));

        var refusal = Assert.Throws<DisBackException>(() => WeightsFile.Open(path).Dispose()).Message;

        Assert.Contains(expected, refusal);
        Assert.Contains(path, refusal);
    }

    /// <summary>Lists in lists, each twice in the next: 2^60 ways lead to the first.</summary>
    [Fact]
    public void Values_within_values_have_an_end()
    {
        var path = Path.Combine(_folder, "laughs.pkl");
        var doubled = new List<byte> { 0x80, 4, (byte)']', 0x94 };
        for (byte i = 0; i < 60; i++)
        {
            doubled.AddRange([(byte)']', 0x94, (byte)'h', i, (byte)'a', (byte)'h', i, (byte)'a']);
        }
        File.WriteAllBytes(path, [.. doubled, (byte)'.']);

        Assert.Contains("without an end", Assert.Throws<DisBackException>(() => WeightsFile.Open(path).Dispose()).Message);
    }

    /// <summary>A long key over many values: each of them would get a name as long.</summary>
    [Fact]
    public void Names_have_an_end()
    {
        var path = Path.Combine(_folder, "names.pkl");
        var key = new byte[1 << 20];
        Array.Fill(key, (byte)'k');
        byte[] values = [(byte)']', (byte)'(', .. Enumerable.Repeat((byte)'N', 100_000), (byte)'e'];
        File.WriteAllBytes(path, [0x80, 2, (byte)'}', (byte)'X', .. BitConverter.GetBytes(key.Length), .. key, .. values, (byte)'s', (byte)'.']);

        Assert.Contains("names of more than", Assert.Throws<DisBackException>(() => WeightsFile.Open(path).Dispose()).Message);
    }

    /// <summary>A thousand references to one module of a hundred thousand attributes.</summary>
    [Fact]
    public void What_is_looked_at_again_and_again_is_counted()
    {
        var path = Path.Combine(_folder, "again.pkl");
        byte[] attributes = [(byte)'}', (byte)'(', .. Enumerable.Repeat((byte)'N', 200_000), (byte)'u'];
        byte[] module = [.. "ctorch.nn.modules.linear\nLinear\n)"u8, 0x81, .. attributes, (byte)'b', (byte)'q', 0];
        byte[] again = [.. Enumerable.Range(0, 1000).SelectMany(_ => "h\0"u8.ToArray())];
        File.WriteAllBytes(path, [0x80, 2, (byte)']', (byte)'(', .. module, .. again, (byte)'e', (byte)'.']);

        Assert.Contains("without an end", Assert.Throws<DisBackException>(() => WeightsFile.Open(path).Dispose()).Message);
    }

    [Fact]
    public void What_is_written_is_read_back_and_equal_tensors_make_equal_files()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Values(3, [4, 5]), arange(3).to(ScalarType.BFloat16));
        var paths = new[] { "one.pt", "two.pt" }.Select(name => Path.Combine(_folder, name)).ToArray();
        var source = Path.Combine(_folder, "source.safetensors");
        SafetensorsFile.Write(source, [("c", empty(0, 2)), ("b", b), ("a", a.t())]);
        foreach (var path in paths)
        {
            using var tensors = SafetensorsFile.Open(source);
            using var stream = File.Create(path);
            TorchWriter.Write(stream, tensors, "net.");
        }

        Assert.Equal(File.ReadAllBytes(paths[0]), File.ReadAllBytes(paths[1]));
        using var file = WeightsFile.Open(paths[0], "net.");
        Assert.True(a.t().Equals(file.Read("a")));
        Assert.True(b.Equals(file.Read("b")));
        Assert.Equal([0, 2], file.Entries["c"].Shape);
    }

    [Theory]
    [InlineData(8, "has 8 bytes in the entry 'archive/data/0' where its index has 12")]
    [InlineData(null, "lacks the entry 'archive/data/0', in which its index has 12 bytes of numbers")]
    public void Numbers_that_are_not_all_there_are_named(int? bytes, string why)
    {
        using var scope = NewDisposeScope();
        var (source, path) = (Path.Combine(_folder, "source.safetensors"), Path.Combine(_folder, "truncated.pt"));
        SafetensorsFile.Write(source, [("a", ones(3))]);
        using (var tensors = SafetensorsFile.Open(source))
        using (var whole = File.Create(path))
        {
            TorchWriter.Write(whole, tensors, "");
        }
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Update))
        {
            var entry = archive.GetEntry("archive/data/0")!;
            entry.Delete();
            if (bytes is { } kept)
            {
                using var part = archive.CreateEntry("archive/data/0", CompressionLevel.NoCompression).Open();
                part.Write(new byte[kept]);
            }
        }

        Assert.Contains(why, Assert.Throws<DisBackException>(() => WeightsFile.Open(path).Dispose()).Message);
    }

    /// <summary>A view beyond its storage, a view of negative steps, and one that claims more than the file has.</summary>
    [Theory]
    [InlineData(10L, 0L, new[] { 2L, 5L }, new[] { 5L, 1L }, true)]
    [InlineData(10L, 1L, new[] { 2L, 5L }, new[] { 5L, 1L }, false)]
    [InlineData(10L, 0L, new[] { 2L, 5L }, new[] { 6L, 1L }, false)]
    [InlineData(10L, 9L, new[] { 1L, 1L }, new[] { 99L, 99L }, true)]
    [InlineData(10L, -1L, new[] { 1L }, new[] { 1L }, false)]
    [InlineData(10L, 0L, new[] { 2L }, new[] { -1L }, false)]
    [InlineData(10L, 0L, new[] { 1L << 40 }, new[] { 0L }, false)]
    [InlineData(10L, 0L, new[] { 0L, 1L << 62 }, new[] { 1L, 1L }, false)]
    [InlineData(10L, 10L, new[] { 0L, 3L }, new[] { 3L, 1L }, true)]
    public void A_view_lies_within_its_storage(long elements, long first, long[] shape, long[] strides, bool isSound)
    {
        var view = TorchTensor.Of(ElementType.F32, new TorchStorage(ElementType.F32, elements), first, Boxed(shape), Boxed(strides));

        Assert.Equal(isSound, view is not null);

        static object?[] Boxed(long[] numbers) => [.. numbers.Cast<object?>()];
    }

    /// <summary>The numbers that make.py gives tensor <paramref name="index"/>.</summary>
    private static Tensor Values(int index, long[] shape)
    {
        var count = shape.Aggregate(1L, (product, extent) => product * extent);
        return (((arange(count, ScalarType.Float64) - (count / 2.0)) / Math.Max(count, 1)) + index).to(ScalarType.Float32).reshape(shape);
    }

    private static void AssertIsTheNetwork(TensorFile file, NetworkSettings settings)
    {
        using var scope = NewDisposeScope();
        using var init = new Generator(0);
        using var network = Denoiser.Create(settings, init);
        StrictLoading.Load(file, network.State());
        using var names = JsonDocument.Parse(File.ReadAllText(OracleFiles.PathOf("pytorch", "names.json")));
        var state = network.State().ToDictionary(tensor => tensor.Name, tensor => tensor.Value);
        Assert.Equal(names.RootElement.GetArrayLength(), state.Count);
        foreach (var (index, item) in names.RootElement.EnumerateArray().Index())
        {
            var value = state[item[0].GetString()!];
            Assert.True(Values(index, value.shape).Equals(value), item[0].GetString());
        }
    }
}
