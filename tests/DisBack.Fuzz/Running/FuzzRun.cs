using System.IO.Hashing;
using System.Text;
using DisBack.Fuzz.Readers;
using DisBack.TestKit;

namespace DisBack.Fuzz.Running;

/// <summary>Reads the inputs of one reader after the other, on a thread of its own, and measures each.</summary>
/// <param name="seed">Of all inputs.</param>
/// <param name="findings">Receives what is found.</param>
/// <param name="folder">Where findings lie; the input that is read now is named there, for one that ends the process.</param>
/// <param name="memory">What the process takes.</param>
internal sealed class FuzzRun(int seed, Findings findings, string folder, ProcessMemory memory)
{

    /// <summary>Input <paramref name="input"/> of a reader, the same in every run.</summary>
    public static byte[] Make(Reader reader, IReadOnlyList<byte[]> seeds, long input, int seed) =>
        reader.Mutate(new Random(unchecked((int)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{reader.Name}/{input}"), seed))), seeds);

    /// <summary>Reads the inputs from <paramref name="first"/> on.</summary>
    public Tally Read(Reader reader, long first, long count)
    {
        var tally = new Tally(reader.Name);
        Exception? defect = null;
        var thread = new Thread(() =>
        {
            try
            {
                Read(reader, first, count, tally);
            }
            catch (Exception e)
            {
                defect = e;
            }
        });
        thread.Start();
        thread.Join();
        return defect is null ? tally : throw new InvalidOperationException($"The reader {reader.Name} is not usable.", defect);
    }

    private void Read(Reader reader, long first, long count, Tally tally)
    {
        using var place = new TemporaryFolder();
        var read = reader.Open(place.Path);
        var seeds = reader.Seeds();
        // Whatever is loaded and compiled once is no input's.
        foreach (var sound in seeds)
        {
            try
            {
                read(sound);
            }
            catch (DisBackException)
            {
            }
        }
        Directory.CreateDirectory(folder);
        using var current = File.OpenHandle(Path.Combine(folder, "current.txt"), FileMode.Create, FileAccess.Write);
        byte[] bytes = [];
        using var watch = new HangWatch(input => findings.Add(new(reader.Name, input, "Hangs", "", ""), bytes));
        for (var input = first; input < first + count; input++)
        {
            bytes = Make(reader, seeds, input, seed);
            RandomAccess.Write(current, Encoding.ASCII.GetBytes($"{reader.Name} {input,12}\n"), 0);
            tally.Largest = Math.Max(tally.Largest, bytes.Length);
            var (peak, allocated) = (memory.Peak(), GC.GetTotalAllocatedBytes());
            watch.Begin(input);
            try
            {
                read(bytes);
                tally.Accepted++;
            }
            catch (DisBackException)
            {
                tally.Refused++;
            }
            catch (Exception exception)
            {
                findings.Add(Finding.Of(reader.Name, input, exception), bytes);
            }
            var time = watch.End();
            allocated = GC.GetTotalAllocatedBytes() - allocated;
            var grown = memory.Peak() - peak;
            if (time > Budget.Time)
            {
                // A machine that is busy with something else is not slow at the same input again.
                time = TimeAgain(watch, read, input, bytes);
            }
            tally.Longest = time > tally.Longest ? time : tally.Longest;
            tally.Allocated = Math.Max(tally.Allocated, allocated);
            var budget = Budget.Bytes(bytes.Length);
            Demand(time <= Budget.Time, "OverTime", $"{time.TotalSeconds:0.00} s");
            Demand(allocated <= budget, "OverBytes", $"{allocated:N0} managed bytes for {bytes.Length:N0}");
            Demand(grown <= budget, "OverMemory", $"the process grew by {grown:N0} bytes for {bytes.Length:N0}");

            void Demand(bool kept, string what, string measured)
            {
                if (!kept)
                {
                    findings.Add(new(reader.Name, input, what, measured, ""), bytes);
                }
            }
        }
    }

    private static TimeSpan TimeAgain(HangWatch watch, Action<byte[]> read, long input, byte[] bytes)
    {
        watch.Begin(input);
        try
        {
            read(bytes);
        }
        catch (Exception)
        {
            // Seen the first time.
        }
        return watch.End();
    }
}
