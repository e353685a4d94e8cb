namespace DisBack.Fuzz.Running;

/// <summary>What was found, each kind once: its first input lies in the folder with what was seen.</summary>
internal sealed class Findings(string folder)
{
    private readonly Dictionary<(string Reader, string What, string Where), (Finding First, long Count)> _kinds = [];

    public bool Any => _kinds.Count > 0;

    public void Add(Finding finding, byte[] input)
    {
        var kind = (finding.Reader, finding.What, finding.What.StartsWith("Over", StringComparison.Ordinal) ? "" : finding.Where);
        if (_kinds.TryGetValue(kind, out var known))
        {
            _kinds[kind] = known with { Count = known.Count + 1 };
            return;
        }
        _kinds.Add(kind, (finding, 1));
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, $"{finding.Reader}-{finding.Input}-{finding.What}");
        File.WriteAllBytes($"{file}.bin", input);
        File.WriteAllText($"{file}.txt", $"{finding.What}\n{finding.Where}\n\n{finding.Detail}\n");
        Console.WriteLine($"{finding.Reader} input {finding.Input}: {finding.What} {finding.Where}");
    }

    public void Summarise(int seed)
    {
        Console.WriteLine(Any ? $"\n{_kinds.Count} kinds of findings, in {folder}:" : "\nNothing was found.");
        foreach (var (first, count) in _kinds.Values)
        {
            Console.WriteLine($"  {count,7} x {first.What} {first.Where}\n            repeat: --reader {first.Reader} --input {first.Input} --seed {seed}");
        }
    }
}
