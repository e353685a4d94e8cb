using System.Text.RegularExpressions;
using System.Xml.Linq;
using DisBack.Cli.Report;
using DisBack.Diffusion.Pictures;
using SkiaSharp;

namespace DisBack.Cli.Tests.Report;

public sealed class ReportWriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void One_file_holds_every_part_and_asks_no_network()
    {
        var html = Write(Example());
        foreach (var part in new[]
        {
            "digits-1a2b3c4d", "completed", "FID after", "17.2", "Machine", "2 cores", "Same noise at every switch", "Losses", "FID", "Target index",
            "(teacher)", "1.57 MB", "0123abcd", "disback run digits.yaml --set seed=1", "name: digits", "student.safetensors", "feedface",
        })
        {
            Assert.Contains(part, html);
        }
        Assert.Equal(3, Regex.Count(html, "<svg "));
        Assert.Contains($"data:image/png;base64,{Convert.ToBase64String(Picture())}", html);

        Assert.Empty(OutsideResources.Of(html));
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.Equal(["report.html"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void Text_is_escaped_wherever_it_comes_from()
    {
        const string hostile = "<script>alert('&')</script>";
        var html = Write(new ReportModel
        {
            Title = hostile,
            Status = hostile,
            Summary = hostile,
            Headlines = [new(hostile, hostile)],
            Figures = [new(hostile, hostile)],
            Pictures = [new(hostile, Picture())],
            Charts = [new(hostile, [new(hostile, [(0, 1), (1, 2)]), new("other", [(0, 1), (1, 2)])], [])],
            Damage = [hostile],
            Nodes = [new(0, 0, null, 1, hostile)],
            Command = hostile,
            Spec = hostile,
            Digests = [new(hostile, hostile)],
        });
        Assert.DoesNotContain("<script", html);
    }

    [Fact]
    public void Sections_without_content_are_left_out()
    {
        var html = Write(new ReportModel { Title = "bare", Status = "failed" });
        Assert.DoesNotContain("<section", html);
        Assert.DoesNotContain("<svg", html);
    }

    [Fact]
    public void A_page_that_cannot_be_written_is_an_error_and_leaves_nothing()
    {
        var path = Path.Combine(_folder, "report.html");
        Directory.CreateDirectory(path);
        var error = Assert.Throws<DisBack.Storage.StorageException>(() => ReportWriter.Write(path, new ReportModel { Title = "bare", Status = "failed" }));
        Assert.Contains($"The report '{path}' cannot be written", error.Message);
        Assert.Empty(Directory.GetFiles(_folder));
        Assert.Throws<DisBack.Storage.StorageException>(
            () => ReportWriter.Write(Path.Combine(_folder, "absent", "report.html"), new ReportModel { Title = "bare", Status = "failed" }));
    }

    [Fact]
    public void Charts_take_their_colour_from_the_page_and_share_no_names()
    {
        var charts = Example().Charts;
        var drawn = charts.Select((chart, i) => XElement.Parse(CurvePictures.Svg(chart, i))).ToArray();
        Assert.All(drawn, svg => Assert.Contains("currentColor", svg.ToString()));
        Assert.All(drawn, svg => Assert.DoesNotContain("#010203", svg.ToString()));
        var names = drawn.SelectMany(svg => svg.Descendants().Attributes("id")).Select(id => id.Value).ToArray();
        Assert.NotEmpty(names);
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Contains("generator", drawn[0].Value); // the legend
        Assert.Contains("step", drawn[1].Value);
    }

    [Fact]
    public void Very_long_and_very_short_curves_are_drawn()
    {
        ReportChart Of(int count) =>
            new("loss", [new("loss", [.. Enumerable.Range(0, count).Select(i => ((long)i, i == 50_000 ? 1e4 : 1 + Math.Sin(i)))])], []);
        Assert.InRange(CurvePictures.Svg(Of(100_000), 0).Length, 1_000, 100_000);
        foreach (var count in new[] { 0, 1, 2 })
        {
            XElement.Parse(CurvePictures.Svg(Of(count), 0));
        }
        XElement.Parse(CurvePictures.Svg(new("not finite", [new("loss", [(0, double.NaN), (1, double.PositiveInfinity)])], [3]), 0));
    }

    [Fact]
    public void The_png_of_all_charts_shows_text_without_an_installed_font_and_is_the_same_every_time()
    {
        var png = CurvePictures.Png(Example().Charts);
        using var picture = SKBitmap.Decode(png);
        Assert.Equal((860, 900), (picture.Width, picture.Height));
        for (var chart = 0; chart < 3; chart++) // the strip with the title: some ink on mostly white paper
        {
            Assert.InRange(Enumerable.Range(0, 860 * 25).Count(i => picture.GetPixel(i % 860, 300 * chart + i / 860).Red < 150), 20, 2000);
        }
        Assert.Equal(png, CurvePictures.Png(Example().Charts));
    }

    private string Write(ReportModel report)
    {
        var path = Path.Combine(_folder, "report.html");
        ReportWriter.Write(path, report);
        return File.ReadAllText(path);
    }

    private static byte[] Picture()
    {
        using var images = TorchSharp.torch.zeros(32, 1, 14, 14);
        return ImageGrid.Png(images, columns: 16, captions: ["initial", "final"]);
    }

    private static ReportModel Example() => new()
    {
        Title = "digits-1a2b3c4d",
        Status = "completed",
        Summary = "One-step student of the shipped digits teacher, DMD host, 5 nodes.",
        Headlines = [new("FID before", "159.0"), new("FID after", "17.2"), new("Ratio", "0.11"), new("Teacher, 18 Heun steps", "2.0")],
        Figures = [new("Steps", "64 recording, 300 backtracking"), new("Wall time", "2 min 31 s"), new("Machine", "2 cores, 24 GiB")],
        Pictures = [new("Same noise at every switch", Picture())],
        Charts =
        [
            new("Losses", [Noisy("generator", 1, 0.8), Noisy("fake score", 2, 0.1)], [40, 90, 150]),
            new("FID", [new("FID", [.. Enumerable.Range(0, 7).Select(i => (50L * i, 150 * Math.Exp(-0.4 * i) + 12))])], [40, 90, 150]),
            new("Target index", [new("target", [(0, 3), (40, 2), (90, 1), (150, 0), (300, 0)])], [40, 90, 150], Stepped: true),
        ],
        Nodes = [new(0, 0, null, 1_570_000, "0123abcd"), new(1, 4, 0.31, 1_570_000, "4567"), new(2, 64, 0.22, 1_570_000, "89ef")],
        Command = "disback run digits.yaml --set seed=1",
        Spec = "name: digits\nseed: 1\nteacher: digits\n",
        Digests = [new("student.safetensors", "feedface")],
    };

    private static ReportCurve Noisy(string name, int seed, double level)
    {
        var random = new Random(seed);
        return new(name, [.. Enumerable.Range(0, 301).Select(i => ((long)i, level * (Math.Exp(-i / 80.0) + 0.1) * (0.6 + 0.8 * random.NextDouble())))]);
    }
}
