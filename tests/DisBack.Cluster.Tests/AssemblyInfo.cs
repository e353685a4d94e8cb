using Xunit.Sdk;
using Xunit.v3;

// Each test runs several processes, and its times mean something only while the machine is its own.
[assembly: Parallelization(Mode = ParallelMode.None)]
