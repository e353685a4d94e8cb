using System.CommandLine;
using DisBack.Benchmarks;

var root = new RootCommand("Measures what the README claims. Every figure is a ratio or a spread taken in one run on this machine.")
{
    StepBenchmark.Create(),
    DeviceBenchmark.Create(),
    MemoryBenchmark.Create(),
    StallBenchmark.Create(),
    StartBenchmark.Create(),
    KillBenchmark.Create(),
    FailoverBenchmark.Create(),
    FaultsBenchmark.Create(),
    SupervisionBenchmark.Create(),
    TrialsBenchmark.Create(),
    GatewayBenchmark.Create(),
    GoodputBenchmark.Create(),
    SkewBenchmark.Create(),
    GrowthBenchmark.Create(),
};
return await root.Parse(args).InvokeAsync();
