using System.Buffers.Binary;
using System.Text;
using CsCheck;
using DisBack.Diffusion.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Files;

/// <summary>What is written comes back bit for bit, equal content has equal bytes, and nothing in a damaged file goes unnoticed.</summary>
public sealed class SafetensorsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-safetensors-").FullName;

    private string PathOf(string name) => Path.Combine(_folder, name);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static readonly ScalarType[] s_types =
    [
        ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32,
        ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
    ];

    private static readonly Gen<(string Name, ScalarType Type, long[] Shape)[]> s_contents = Gen
        .Select(Gen.String[Gen.Char.AlphaNumeric, 1, 12], Gen.Int[0, s_types.Length - 1].Select(i => s_types[i]), Gen.Long[0, 4].Array[0, 4]).Array[0, 8]
        .Select(items => items.DistinctBy(item => item.Item1).ToArray());

    [Fact]
    public void What_is_written_is_read_back_bit_for_bit() => s_contents.Sample(
        content =>
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator(1);
            var tensors = content.Select(item => (item.Name, Value: randint(0, 100, item.Shape, ScalarType.Int64, generator: generator).to(item.Type)))
                .ToArray();
            var metadata = new Dictionary<string, string> { ["key"] = "{\"value\": \"ü\"}" };
            var path = PathOf(Guid.NewGuid().ToString("N"));
            SafetensorsFile.Write(path, tensors, metadata);

            using var file = SafetensorsFile.Open(path);
            Assert.Equal(metadata, file.Metadata);
            Assert.Equal(tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), file.Entries.Keys.Order(StringComparer.Ordinal));
            foreach (var (name, value) in tensors)
            {
                var read = file.Read(name);
                Assert.Equal(value.dtype, read.dtype);
                Assert.Equal(value.shape, read.shape);
                Assert.True(value.Equals(read), name);
            }
        },
        iter: 100, threads: 1);

    [Fact]
    public void Equal_content_has_equal_bytes_in_whatever_order_and_layout_it_comes()
    {
        using var scope = NewDisposeScope();
        var a = arange(6, ScalarType.Float32).reshape(2, 3);
        var b = ones(2, ScalarType.Int64);
        using var first = new MemoryStream();
        SafetensorsFile.Write(first, [("a", a), ("b", b)], new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" });
        using var second = new MemoryStream();
        SafetensorsFile.Write(second, [("b", b), ("a", a.t().contiguous().t())], new Dictionary<string, string> { ["y"] = "2", ["x"] = "1" });
        Assert.Equal(first.ToArray(), second.ToArray());
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(first.ToArray()) % 8);
    }

    [Fact]
    public void A_tensor_larger_than_one_copy_arrives_whole()
    {
        using var scope = NewDisposeScope();
        var large = arange(9_000_000, ScalarType.Int64);
        SafetensorsFile.Write(PathOf("large"), [("large", large)]);
        using var file = SafetensorsFile.Open(PathOf("large"));
        Assert.True(large.Equals(file.Read("large")));
    }

    [Fact]
    public void Reading_into_a_parameter_leaves_no_trace_in_autograd()
    {
        using var scope = NewDisposeScope();
        SafetensorsFile.Write(PathOf("p"), [("p", full([2, 3], 7f))]);
        using var file = SafetensorsFile.Open(PathOf("p"));
        var parameter = zeros(2, 3).requires_grad_();
        var transposed = zeros(3, 2).requires_grad_();
        file.ReadInto("p", parameter);
        using (no_grad())
        {
            file.ReadInto("p", transposed.t());
        }
        Assert.True(parameter.is_leaf && transposed.is_leaf);
        Assert.Equal(42, parameter.sum().item<float>());
        Assert.Equal(42, transposed.sum().item<float>());
    }

    [Fact]
    public void Every_truncation_is_noticed()
    {
        var bytes = Sample();
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(PathOf("cut"), bytes[..length]);
            Assert.Throws<DisBackException>(() => SafetensorsFile.Open(PathOf("cut")));
        }
        File.WriteAllBytes(PathOf("long"), [.. bytes, 0]);
        Assert.Throws<DisBackException>(() => SafetensorsFile.Open(PathOf("long")));
    }

    [Fact]
    public void Damage_gives_our_error_or_a_file_that_can_be_read() => Gen.Select(Gen.Int[0, Sample().Length - 1], Gen.Byte).Array[1, 4].Sample(
        damage =>
        {
            var bytes = Sample();
            foreach (var (position, value) in damage)
            {
                bytes[position] = value;
            }
            var path = PathOf(Guid.NewGuid().ToString("N"));
            File.WriteAllBytes(path, bytes);
            try
            {
                using var file = SafetensorsFile.Open(path);
                foreach (var name in file.Entries.Keys)
                {
                    file.Read(name).Dispose();
                }
            }
            catch (DisBackException)
            {
            }
        },
        iter: 1000, threads: 1);

    [Theory]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "t")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "overlap")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,8]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775807]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,1e30]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F32","shape":"2","data_offsets":[0,8]}}""", "header")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2]}}""", "'t'")]
    [InlineData("""{"t":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", "F8_E4M3")]
    [InlineData("""{"t":[1,2]}""", "header")]
    [InlineData("""{"__metadata__":{"a":1},"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "header")]
    [InlineData("""[1]""", "header")]
    [InlineData("""{"t":{"dtype":{"dtype":{"dtype":{"dtype":{}}}}}}""", "header")]
    [InlineData("{}", "8 bytes that belong to no tensor")]
    public void A_hostile_header_is_refused(string header, string named)
    {
        File.WriteAllBytes(PathOf("hostile"), WithHeader(header, new byte[8]));
        var error = Assert.Throws<DisBackException>(() => SafetensorsFile.Open(PathOf("hostile")));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("hostile", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(100_000_001UL)]
    [InlineData(1_000UL)]
    public void A_header_longer_than_the_file_is_refused_before_memory_is_taken(ulong length)
    {
        var bytes = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        File.WriteAllBytes(PathOf("huge"), bytes);
        Assert.Throws<DisBackException>(() => SafetensorsFile.Open(PathOf("huge")));
    }

    [Fact]
    public void A_write_that_fails_leaves_the_old_file_and_nothing_else()
    {
        using var scope = NewDisposeScope();
        SafetensorsFile.Write(PathOf("kept"), [("a", ones(2))]);
        var before = File.ReadAllBytes(PathOf("kept"));
        Assert.ThrowsAny<Exception>(() => SafetensorsFile.Write(PathOf("kept"), [("a", zeros(2)), ("a", zeros(2))]));
        Assert.Equal(before, File.ReadAllBytes(PathOf("kept")));
        Assert.Single(Directory.EnumerateFiles(_folder));
        Assert.Throws<DisBackException>(() => SafetensorsFile.Write(Path.Combine(_folder, "absent", "file"), [("a", ones(2))]));
    }

    [Fact]
    public void A_missing_file_and_a_missing_tensor_are_named()
    {
        using var scope = NewDisposeScope();
        Assert.Contains("absent", Assert.Throws<DisBackException>(() => SafetensorsFile.Open(PathOf("absent"))).Message, StringComparison.Ordinal);
        SafetensorsFile.Write(PathOf("one"), [("one", ones(2))]);
        using var file = SafetensorsFile.Open(PathOf("one"));
        Assert.Contains("'two'", Assert.Throws<DisBackException>(() => file.Read("two")).Message, StringComparison.Ordinal);
    }

    private static byte[] Sample()
    {
        using var scope = NewDisposeScope();
        using var stream = new MemoryStream();
        SafetensorsFile.Write(stream, [("a", arange(4, ScalarType.Float32)), ("b.weight", ones(2, 3)), ("c", ones([], ScalarType.Int64))]);
        return stream.ToArray();
    }

    private static byte[] WithHeader(string json, byte[] data)
    {
        var text = Encoding.UTF8.GetBytes(json);
        var prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, text.Length);
        return [.. prefix, .. text, .. data];
    }
}
