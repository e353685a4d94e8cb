using System.CommandLine;
using System.Runtime.CompilerServices;
using DisBack.Benchmarks;
using DisBack.Benchmarks.Dashboard;
using DisBack.Benchmarks.Samplers;
using DisBack.Benchmarks.Science;
using DisBack.Diffusion;

// What prepares the process for libtorch comes first, as everywhere else.
RuntimeHelpers.RunModuleConstructor(typeof(Devices).Module.ModuleHandle);

var root = new RootCommand("Measures what the README claims. Every figure is a ratio or a spread taken in one run on this machine.")
{
    StepBenchmark.Create(),
    PolicyBenchmark.Create(),
    DeviceBenchmark.Create(),
    MemoryBenchmark.Create(),
    SdxlBenchmark.Create(),
    StallBenchmark.Create(),
    UploadBenchmark.Create(),
    StartBenchmark.Create(),
    KillBenchmark.Create(),
    FailoverBenchmark.Create(),
    WorkersBenchmark.Create(),
    FaultsBenchmark.Create(),
    SupervisionBenchmark.Create(),
    TrialsBenchmark.Create(),
    ScienceBenchmark.Create(),
    CalibrationBenchmark.Create(),
    GatewayBenchmark.Create(),
    GoodputBenchmark.Create(),
    SkewBenchmark.Create(),
    GrowthBenchmark.Create(),
    TablesBenchmark.Create(),
    CurvesBenchmark.Create(),
    SamplersBenchmark.Create(),
    SweepBenchmark.Create(),
    LifeCycleBenchmark.Create(),
    WaitingBenchmark.Create(),
    DashboardBenchmark.Create(),
    PacedSite.Create(),
};
return await root.Parse(args).InvokeAsync();
