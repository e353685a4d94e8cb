using DisBack.TestKit.Processes;

namespace DisBack.TestKit.Monitoring;

/// <summary>A library under the name of NVIDIA's management library that tells of two devices; see <c>nvml.c</c>. It stands in for a driver.</summary>
public static class NvidiaLibrary
{
    /// <summary>Compiles it.</summary>
    /// <param name="folder">Where it goes; in <c>LD_LIBRARY_PATH</c> of a process it is found there.</param>
    public static Task BuildAsync(string folder) => ChildProcess.RunAsync(
        "gcc", "-shared", "-fPIC", "-nostdlib", "-o", Path.Combine(folder, "libnvidia-ml.so.1"), Repository.Find("tests/DisBack.TestKit/Monitoring/nvml.c")!);
}
