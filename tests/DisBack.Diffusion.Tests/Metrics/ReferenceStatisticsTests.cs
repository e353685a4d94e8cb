using System.IO.Compression;
using System.Text.Json;
using DisBack.Diffusion.Files.NumPy;
using DisBack.Diffusion.Metrics;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Metrics;

/// <summary>Files that NumPy has written (tests/oracles/numpy) mean what they mean there, and what is no mean with a covariance is refused by name.</summary>
public sealed class ReferenceStatisticsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Statistics_of_numpy_are_read_to_the_last_bit_and_their_distance_is_scipys()
    {
        using var scope = NewDisposeScope();
        using var answers = JsonDocument.Parse(File.ReadAllText(Oracle("answers.json")));
        using var first = ReferenceStatistics.Read(Oracle("statistics.npz"));
        using var second = ReferenceStatistics.Read(Oracle("statistics-float32.npz"));
        Assert.Equal(Numbers("mu"), first.Mean.data<double>().ToArray());
        Assert.Equal(Numbers("sigma"), first.Covariance.data<double>().ToArray());
        var distance = FrechetDistance.Between(first.Mean, first.Covariance, second.Mean, second.Covariance);
        Assert.Equal(answers.RootElement.GetProperty("fid").GetDouble(), distance, 1e-9);

        double[] Numbers(string name) => [.. answers.RootElement.GetProperty(name).EnumerateArray().Select(number => number.GetDouble())];
    }

    [Fact]
    public void Arrays_in_the_order_of_Fortran_and_single_numbers_are_read()
    {
        using var scope = NewDisposeScope();
        using var file = NpzFile.Open(Oracle("column-major.npz"), "try another");
        var (x, one) = (file.Read("x"), file.Read("one"));
        Assert.Equal([2L, 3], x.shape);
        Assert.Equal([0.0, 1, 2, 3, 4, 5], x.data<double>().ToArray());
        Assert.Empty(one.shape);
        Assert.Equal(7, one.item<double>());
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        using var scope = NewDisposeScope();
        using var first = ReferenceStatistics.Read(Oracle("statistics.npz"));
        var path = Path.Combine(_folder, "mine.npz");
        File.WriteAllText(path, "what was there before");
        first.Write(path);
        using var again = ReferenceStatistics.Read(path);
        Assert.True(again.Mean.equal(first.Mean).all().item<bool>() && again.Covariance.equal(first.Covariance).all().item<bool>());
        Assert.Single(Directory.EnumerateFiles(_folder));
    }

    [Theory]
    [InlineData("objects.npz", "has an array 'mu' of type |O, where <f4 and <f8 are read")]
    [InlineData("big-endian.npz", "has an array 'mu' of type >f8")]
    [InlineData("integers.npz", "has an array 'mu' of type <i8")]
    [InlineData("no-covariance.npz", "has no array 'sigma' but cov, mu")]
    [InlineData("not-square.npz", "has mu [6] and sigma [5, 6], which are no mean and its covariance")]
    [InlineData("not-symmetric.npz", "is not symmetric, or a variance is negative")]
    [InlineData("not-finite.npz", "has numbers that are not finite")]
    [InlineData("make.py", "is no readable ZIP file")]
    public void What_is_no_mean_with_its_covariance_is_refused(string file, string why)
    {
        var message = Assert.Throws<DisBackException>(() => ReferenceStatistics.Read(Oracle(file))).Message;
        Assert.Contains(why, message);
        Assert.EndsWith("as EDM's fid.py and pytorch-fid write it.", message);
    }

    [Theory]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", "of 16 bytes where [3] of <f8 has 24")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999, 99999999999999999, 9999), }", "where [99999999999999999")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 2), }", "has 0")]
    [InlineData("{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (2,), }", "that is no array of NumPy")]
    public void A_head_that_lies_is_refused(string head, string why)
    {
        var path = Path.Combine(_folder, "lies.npz");
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            using var entry = archive.CreateEntry("mu.npy").Open();
            var text = $"{head}\n";
            entry.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)text.Length, 0, .. System.Text.Encoding.ASCII.GetBytes(text), .. new byte[16]]);
        }
        using var file = NpzFile.Open(path, "try another");
        Assert.Contains(why, Assert.Throws<DisBackException>(() => file.Read("mu")).Message);
    }

    private static string Oracle(string file) => Path.Combine(AppContext.BaseDirectory, "oracles", "numpy", file);
}
