using DisBack.Contracts.Grains;
using DisBack.Diffusion;

namespace DisBack.Orchestration.Training;

/// <summary>Devices as workers offer them.</summary>
public static class Accelerators
{
    /// <summary>A device of this machine, opened to see that it is there. The CPU always is, and libtorch is not loaded for it.</summary>
    /// <param name="device"><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <param name="slots">How many runs it takes at once.</param>
    /// <exception cref="DisBackException">This machine has no such device; the message names those it has.</exception>
    public static Accelerator Open(string device, int slots = 1)
    {
        if (device == "cpu")
        {
            return new(0, "cpu", "cpu", slots);
        }
        var index = Devices.Open(device).index;
        return new(index, "cuda", $"cuda:{index}", slots);
    }
}
