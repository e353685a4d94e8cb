using System.Collections.Immutable;
using System.Globalization;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Diffusion.Pictures;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using DisBack.Storage.Documents;
using DisBack.TestKit;
using Microsoft.Playwright;
using static TorchSharp.torch;

namespace DisBack.Benchmarks.Dashboard;

/// <summary>A wall of 500 samples of 64x64 pixels: those of 50 runs, moved from one step to another and back.</summary>
internal static class PicturesPart
{
    private const int Runs = 50;
    private const int Tiles = 10;
    private const int Side = 64;
    private const int Moves = 20;
    private static readonly long[] s_steps = [100, 200];

    private const string AllThere = "[...document.querySelectorAll('.pictures img')].every(image => image.complete)";

    /// <summary>Moves the slider; milliseconds until all pictures are those of the other step, decoded, and drawn.</summary>
    private const string Move = """
        async step => {
          const slider = document.querySelector('.slider input');
          const began = performance.now();
          slider.value = String(step);
          slider.dispatchEvent(new Event('input', { bubbles: true }));
          await frame();
          await Promise.all([...document.querySelectorAll('.pictures img')].map(image => image.decode()));
          await frame();
          await frame();
          return performance.now() - began;
        }
        """;

    public static async Task RunAsync(IBrowser browser, CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        var ids = await WriteAsync(new FolderBlobStore(data), folder, cancellation);
        await using var up = await Up.StartAsync(data, cancellation);
        var page = await Pages.OpenAsync(browser);
        await page.GoAsync(
            new Uri(up.Address, $"compare?{string.Join('&', ids.Select(id => $"run={Uri.EscapeDataString(id)}"))}"),
            "document.querySelectorAll('.pictures img').length > 0");
        while (await page.EvaluateAsync<bool>("() => document.querySelectorAll('.pictures img').length < 50"))
        {
            var shown = await page.EvaluateAsync<int>("() => document.querySelectorAll('.pictures img').length");
            await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { NameRegex = new("more of") }).ClickAsync();
            await page.EvaluateAsync("async shown => until(() => document.querySelectorAll('.pictures img').length > shown)", shown);
        }
        await page.EvaluateAsync($"async () => until(() => {AllThere})");

        var first = await page.EvaluateAsync<double>(Move, 0);
        await page.EvaluateAsync<double>(Move, 1);
        var moves = new List<double>();
        for (var move = 0; move < Moves; move++)
        {
            moves.Add(1e-3 * await page.EvaluateAsync<double>(Move, move % s_steps.Length));
        }
        await page.Context.CloseAsync();
        Figures.Print(
            string.Create(CultureInfo.InvariantCulture, $"A wall of {Runs * Tiles} tiles of {Side}x{Side} pixels (minimum / median / maximum)"),
            ("to another step the first time, pictures fetched", string.Create(CultureInfo.InvariantCulture, $"{first:f0} ms")),
            ("to a step whose pictures are there, until they are drawn", Figures.Spread(moves)));
    }

    private static async Task<IReadOnlyList<string>> WriteAsync(FolderBlobStore blobs, TemporaryFolder folder, CancellationToken cancellation)
    {
        var contents = new ContentStore(blobs);
        var ids = new List<string>();
        for (var run = 0; run < Runs; run++)
        {
            var id = GrainKeys.Trial("pictures-00000000", run);
            var artifacts = ImmutableSortedDictionary<string, ArtifactRef>.Empty;
            foreach (var step in s_steps)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"strips/{step:d6}.png");
                artifacts = artifacts.Add(name, new ArtifactRef(name, await contents.PutAsync(Strip(run, step), cancellation), step));
            }
            await blobs.WriteAsync(
                StateNames.Of(DocumentNames.Service, DocumentNames.Trial, id, DocumentNames.Trial),
                StateDocument.Write(new TrialDocument
                {
                    Id = id,
                    Name = string.Create(CultureInfo.InvariantCulture, $"pictures-{run}"),
                    Spec = SpecJson.Canonical(new ExperimentSpec { Name = "pictures", Teacher = "digits", Seed = run }),
                    Run = new RunRecord { Status = RunStatus.Completed, Submitted = DateTimeOffset.UnixEpoch, Artifacts = artifacts },
                }),
                BlobCondition.None,
                cancellation);
            ids.Add(id);
        }
        return ids;
    }

    /// <summary>Noise, which is what compresses worst.</summary>
    private static BinaryData Strip(int run, long step)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator((ulong)((run * 1000) + step));
        using var grid = new ImageGrid(Tiles, new SampleShape(3, Side, Side), Tiles, scale: 1, margin: 0);
        grid.Add(rand([Tiles, 3, Side, Side], generator: random).mul_(2).sub_(1));
        using var picture = new MemoryStream();
        grid.Save(picture);
        return BinaryData.FromBytes(picture.ToArray());
    }
}
