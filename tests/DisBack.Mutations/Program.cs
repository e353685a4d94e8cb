using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using DisBack.Mutations;

var areas = new Argument<string[]>("area") { Description = "Only these; all unless given.", Arity = ArgumentArity.ZeroOrMore };
areas.AcceptOnlyFromAmong([.. Area.All.Select(area => area.Name)]);
var edits = new Option<int>("--edits") { Description = "How many in each area; all of them unless given.", DefaultValueFactory = _ => int.MaxValue };
var seed = new Option<int>("--seed") { Description = "Which edits are taken where not all are." };
var workers = new Option<int>("--workers") { Description = "How many at once.", DefaultValueFactory = _ => Environment.ProcessorCount };
var file = new Option<string>("--file") { Description = "Only the files whose paths contain this.", DefaultValueFactory = _ => "" };
var command = new RootCommand("Edits the code where a mistake costs most, one edit at a time, and runs its tests. An edit that no test notices is printed, and "
    + "makes this end with 1, unless a comment at its line or right above gives a reason: \"Same with 'AFTER': ...\", or \"Same without 'BEFORE': ...\".")
{
    areas, edits, seed, workers, file,
};
command.SetAction(async (parsed, _) =>
{
    var survivors = 0;
    foreach (var area in Area.All.Where(area => parsed.GetValue(areas) is not { Length: > 0 } names || names.Contains(area.Name)))
    {
        survivors += await RunAsync(area, parsed.GetValue(edits), parsed.GetValue(seed), parsed.GetValue(workers), parsed.GetRequiredValue(file));
    }
    return survivors == 0 ? 0 : 1;
});
return await command.Parse(args).InvokeAsync();

static async Task<int> RunAsync(Area area, int count, int seed, int workers, string part)
{
    var root = new DirectoryInfo(AppContext.BaseDirectory);
    while (!File.Exists(Path.Combine(root.FullName, "DisBack.sln")))
    {
        root = root.Parent!;
    }
    var source = Path.Combine(root.FullName, "src", $"DisBack.{area.Project}");
    var tests = Path.Combine(root.FullName, "tests", $"DisBack.{area.Project}.Tests");
    using (var build = Process.Start("dotnet", ["build", tests, "-c", "Release", "-nologo", "-v", "quiet"]))
    {
        await build.WaitForExitAsync();
    }
    var product = Product.Read(source);
    var all = product.Files.Where(tree => area.Files.Any(name => tree.FilePath.StartsWith(Path.Combine(source, name), StringComparison.Ordinal)))
        .Where(tree => tree.FilePath.Contains(part, StringComparison.Ordinal)).SelectMany(Edits.Of).ToList();
    var excused = all.RemoveAll(edit => edit.IsExcused);
    var sample = all.ToArray();
    new Random(seed).Shuffle(sample);
    var chosen = sample.Take(count).OrderBy(edit => edit.Tree.FilePath, StringComparer.Ordinal).ThenBy(edit => edit.Change.Span.Start).ToList();

    var copies = new ConcurrentBag<TestCopy>(Enumerable.Range(0, workers).Select(number => new TestCopy(tests, $"DisBack.{area.Project}.dll", number)));
    try
    {
        var watch = Stopwatch.StartNew();
        copies.TryPeek(out var first);
        if (await first!.RunAsync(product.Compile(null)!, area, TimeSpan.FromMinutes(10)) != Verdict.Passed)
        {
            Console.Error.WriteLine($"{area.Name}: the tests do not pass without an edit.\n{first.Output}");
            return 1;
        }
        // Other workers are busy too. An edit that makes the tests take longer hangs, and is noticed.
        var limit = 4 * watch.Elapsed + TimeSpan.FromSeconds(10);
        var (tried, survivors, late) = (0, 0, 0);
        await Parallel.ForEachAsync(chosen, new ParallelOptions { MaxDegreeOfParallelism = workers }, async (edit, _) =>
        {
            if (product.Compile(edit) is not { } assembly)
            {
                return;
            }
            Interlocked.Increment(ref tried);
            copies.TryTake(out var copy);
            var verdict = await copy!.RunAsync(assembly, area, limit);
            copies.Add(copy);
            if (verdict == Verdict.Failed)
            {
                return;
            }
            Interlocked.Increment(ref verdict == Verdict.Passed ? ref survivors : ref late);
            var place = $"{Path.GetRelativePath(root.FullName, edit.Tree.FilePath)}:{edit.Line}";
            Console.WriteLine($"{place}{(verdict == Verdict.OutOfTime ? ", noticed by time alone" : "")}\n  - {edit.Before}\n  + {edit.After}");
        });
        Console.WriteLine($"{area.Name}: {survivors} of {tried} edits not noticed, {late} by time alone; {chosen.Count - tried} do not compile, "
            + $"{all.Count - chosen.Count} not tried, {excused} excused; {watch.Elapsed.TotalMinutes:0.0} min.");
        return survivors;
    }
    finally
    {
        foreach (var copy in copies)
        {
            copy.Dispose();
        }
    }
}
