using Xunit.Sdk;
using Xunit.v3;

// Real silos are started, and two cores are not many.
[assembly: Parallelization(Mode = ParallelMode.None)]
