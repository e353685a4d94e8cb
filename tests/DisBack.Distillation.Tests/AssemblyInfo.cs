using Xunit.Sdk;
using Xunit.v3;

// libtorch's threads and its count of live tensors belong to the process: one test at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]
