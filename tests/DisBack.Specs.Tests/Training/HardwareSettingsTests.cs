using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;

namespace DisBack.Specs.Tests.Training;

/// <summary>Workers that cannot share what a spec asks for are refused where they are written, and threads that no core is there for where they run.</summary>
public sealed class HardwareSettingsTests
{
    [Theory]
    [InlineData("{ workers: 0 }", "{ host: dmd2, batch: 4 }", "workers")]
    [InlineData("{ workers: 65 }", "{ host: dmd2, batch: 130 }", "workers")]
    [InlineData("{ workers: 2, device: 'cuda:1' }", "{ host: dmd2, batch: 4 }", "several workers cannot share the one device 'cuda:1'; choose")]
    [InlineData("{ workers: 2 }", "{ host: dmd, batch: 4 }", "only the host dmd2 computes its batch in parts, as several workers do")]
    [InlineData("{ workers: 2 }", "{ host: f-distill, batch: 4 }", "only the host dmd2 computes its batch in parts, as several workers do")]
    [InlineData("{ workers: 3 }", "{ host: dmd2, batch: 4 }", "backtracking.batch 4 has no 3 parts of equal size, 1 for each worker; choose a divisor")]
    [InlineData("{ workers: 2 }", "{ host: dmd2, batch: 6, accumulate: 3 }", null)]
    [InlineData("{ workers: 2 }", "{ host: dmd2, batch: 6, accumulate: 2 }", "backtracking.batch 6 has no 4 parts of equal size, 2 for each worker")]
    [InlineData("{ workers: 64 }", "{ host: dmd2, batch: 64 }", null)]
    [InlineData("{ workers: 3 }", "{ host: dmd2, batch: 9 }", "recording.batch 128 has no 3 parts of equal size, 1 for each worker; choose a divisor")]
    [InlineData("{ workers: 1 }", "{ host: dmd, batch: 5 }", null)]
    public void Workers_must_be_able_to_share_the_batch(string hardware, string backtracking, string? why)
    {
        var text = $"name: a\nteacher: t\nhardware: {hardware}\ndata: {{ source: digits }}\nbacktracking: {backtracking}\nrecording: {{ steps: 1 }}\n";
        if (why is null)
        {
            SpecReader.Parse<ExperimentSpec>(text, "spec");
            return;
        }
        var error = Assert.Throws<SpecException>(() => SpecReader.Parse<ExperimentSpec>(text, "spec"));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_threads_than_four_for_each_core_are_refused_by_the_machine_that_computes()
    {
        new HardwareSettings { Threads = 8 }.RequireThreads(cores: 2);
        var refused = Assert.Throws<SpecMistakeException>(() => new HardwareSettings { Threads = 9 }.RequireThreads(cores: 2));
        Assert.Equal("hardware.threads", refused.Key);
        Assert.Equal("hardware.threads is 9, but this machine has 2 cores and takes at most 8 threads; lower it in the spec", refused.What);
    }

    [Fact]
    public void A_teacher_is_trained_by_one_worker()
    {
        var error = Assert.Throws<SpecException>(() => SpecReader.Parse<TeacherSpec>("name: a\nhardware: { workers: 2 }\n", "spec"));
        Assert.Contains("only experiments are trained by several workers; leave it out", error.Message, StringComparison.Ordinal);
    }
}
