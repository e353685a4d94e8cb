using DisBack.Diffusion.Files;
using DisBack.Specs.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Files;

/// <summary>A file that is written row by row is the one that is written at once, and can be read by rows.</summary>
public sealed class SafetensorsRowsTests : IDisposable
{
    private static readonly Dictionary<string, string> s_metadata = new() { ["made"] = "of rows" };

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-rows-").FullName;
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Rows_written_in_batches_make_the_bytes_of_a_file_written_at_once()
    {
        var (wide, narrow) = (randn(5, 2, 3), randn(5, 4).to(ScalarType.Float16));
        SafetensorsFile.Write(In("whole"), [("narrow", narrow), ("wide", wide)], s_metadata);

        using (var rows = SafetensorsRows.Create(In("rows"), Entries(5), s_metadata))
        {
            rows.Write("narrow", narrow.narrow(0, 0, 2));
            rows.Write("wide", wide.narrow(0, 0, 1));
            // Converted to the type of the file, from a layout that is not contiguous.
            rows.Write("wide", wide.narrow(0, 1, 4).to(ScalarType.Float64).transpose(1, 2).contiguous().transpose(1, 2));
            rows.Write("narrow", narrow.narrow(0, 2, 3));
            rows.Complete();
        }

        Assert.Equal(File.ReadAllBytes(In("whole")), File.ReadAllBytes(In("rows")));
        Assert.Equal([In("rows"), In("whole")], Directory.GetFiles(_folder).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rows_are_read_in_the_order_in_which_they_are_asked_for()
    {
        var wide = randn(5, 2, 3);
        SafetensorsFile.Write(In("whole"), [("a", randn(3)), ("wide", wide)]);

        using var file = SafetensorsFile.Open(In("whole"));

        Assert.True(wide.index_select(0, tensor([4L, 0, 4, 2])).Equals(file.ReadRows("wide", [4, 0, 4, 2])));
        Assert.Equal([0, 2, 3], file.ReadRows("wide", []).shape);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadRows("wide", [5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadRows("wide", [-1]));
        Assert.Contains("'absent' is missing", Assert.Throws<DisBackException>(() => file.ReadRows("absent", [0])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_completed_leaves_nothing_and_keeps_what_was_there()
    {
        File.WriteAllText(In("rows"), "before");
        using (var rows = SafetensorsRows.Create(In("rows"), Entries(2), s_metadata))
        {
            rows.Write("wide", zeros(2, 2, 3));
            Assert.Contains("'narrow' has 0 rows of 2", Assert.Throws<InvalidOperationException>(rows.Complete).Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(() => rows.Write("wide", zeros(1, 2, 3)));
            Assert.Throws<ArgumentException>(() => rows.Write("narrow", zeros(1, 3)));
        }

        Assert.Equal([In("rows")], Directory.GetFiles(_folder));
        Assert.Equal("before", File.ReadAllText(In("rows")));
    }

    [Fact]
    public void What_the_disk_has_no_room_for_is_refused_before_anything_is_computed()
    {
        var entries = new Dictionary<string, TensorEntry> { ["wide"] = new(ElementType.F32, [1L << 50, 2]) };

        Assert.Contains("Cannot write", Assert.Throws<DisBackException>(() => SafetensorsRows.Create(In("rows"), entries, s_metadata)).Message,
            StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_folder_that_is_missing_is_a_sentence() => Assert.Contains("Cannot write", Assert.Throws<DisBackException>(
        () => SafetensorsRows.Create(Path.Combine(_folder, "no", "rows"), Entries(1), s_metadata)).Message, StringComparison.Ordinal);

    private static Dictionary<string, TensorEntry> Entries(long rows) =>
        new() { ["narrow"] = new(ElementType.F16, [rows, 4]), ["wide"] = new(ElementType.F32, [rows, 2, 3]) };

    private string In(string name) => Path.Combine(_folder, name);
}
