using System.CommandLine;
using System.Globalization;
using DisBack.Fuzz.Readers;
using DisBack.Fuzz.Running;

var inputs = new Option<long>("--inputs") { Description = "How many in all, shared out among the readers.", DefaultValueFactory = _ => 20_000 };
var seed = new Option<int>("--seed") { Description = "Input i of a reader is a pure function of the reader, i and this." };
var readers = new Option<string[]>("--reader") { Description = "Only these readers.", AllowMultipleArgumentsPerToken = true };
readers.AcceptOnlyFromAmong([.. ReaderTable.All.Select(reader => reader.Name)]);
var input = new Option<long?>("--input") { Description = "Only this input, to repeat a finding." };
var folder = new Option<string>("--findings")
{
    Description = "Where findings are written.",
    DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "disback-fuzz"),
};
var command = new RootCommand("Reads changed inputs with every reader of the product. None may end with another exception than DisBackException, take more "
    + "than 2 s, or more memory than 8 times the input and 64 MiB.")
{
    inputs, seed, readers, input, folder,
};
command.SetAction(parsed =>
{
    var chosen = ReaderTable.All.Where(reader => parsed.GetValue(readers) is not { Length: > 0 } names || names.Contains(reader.Name)).ToList();
    var (place, only, shares) = (parsed.GetRequiredValue(folder), parsed.GetValue(input), chosen.Sum(reader => reader.Share));
    var findings = new Findings(place);
    using var memory = new ProcessMemory();
    var run = new FuzzRun(parsed.GetValue(seed), findings, place, memory);
    var (baseline, tallies) = (memory.Peak(), new List<Tally>());
    foreach (var reader in chosen)
    {
        tallies.Add(run.Read(reader, only ?? 0, only is null ? Math.Max(1, parsed.GetValue(inputs) * reader.Share / shares) : 1));
    }
    Report(tallies);
    // All inputs together take no more than one: what a reader keeps or leaves behind would add up.
    var (peak, most) = (memory.Peak(), baseline + Budget.Bytes(tallies.Max(tally => tally.Largest)) + Budget.Libraries);
    Console.WriteLine($"The process had {peak >> 20} MiB at most, where {most >> 20} are allowed: {baseline >> 20} at the start, {Budget.Libraries >> 20} for "
        + "libraries, compiled code and the making of inputs, and the budget of the largest input.");
    findings.Summarise(parsed.GetValue(seed));
    return findings.Any || peak > most ? 1 : 0;
});
return command.Parse(args).Invoke();

static void Report(IReadOnlyList<Tally> tallies)
{
    Console.WriteLine($"{"reader",-22}{"inputs",10}{"accepted",10}{"refused",10}{"longest",10}{"allocated",12}{"largest input",15}");
    foreach (var tally in tallies.Append(Sum()))
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{tally.Reader,-22}{tally.Accepted + tally.Refused,10}{tally.Accepted,10}{tally.Refused,10}{tally.Longest.TotalMilliseconds,7:0} ms"
            + $"{tally.Allocated / 1048576.0,8:0.0} MiB{tally.Largest,15}"));
    }

    Tally Sum() => new("all")
    {
        Accepted = tallies.Sum(tally => tally.Accepted),
        Refused = tallies.Sum(tally => tally.Refused),
        Longest = tallies.Max(tally => tally.Longest),
        Allocated = tallies.Max(tally => tally.Allocated),
        Largest = tallies.Max(tally => tally.Largest),
    };
}
