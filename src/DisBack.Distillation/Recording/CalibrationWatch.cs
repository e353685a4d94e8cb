using DisBack.Diffusion.Networks;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Recording;
using static TorchSharp.torch;

namespace DisBack.Distillation.Recording;

/// <summary>Looks from time to time whether the degrading network knows the untrained student's samples.</summary>
internal sealed class CalibrationWatch : IDisposable
{
    private readonly CalibrationGoal _goal;
    private readonly HostSignal _signal;
    private readonly Denoiser _network;
    private readonly StudentProbe _probe;
    private readonly Tensor _reached;

    /// <param name="goal">What is enough.</param>
    /// <param name="signal">What the host of stage 2 hears.</param>
    /// <param name="network">The degrading network, live.</param>
    /// <param name="probe">Noisy samples of the untrained student; owned from now on.</param>
    public CalibrationWatch(CalibrationGoal goal, HostSignal signal, Denoiser network, StudentProbe probe)
    {
        (_goal, _signal, _network, _probe) = (goal, signal, network, probe);
        _reached = zeros(1, int64).DetachFromDisposeScope();
    }

    /// <summary>Whether the goal was reached: part of the checkpoint.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => [("calibration.reached", _reached)];

    /// <summary>Whether the network has been seen to know the samples.</summary>
    public bool IsReached => _reached.item<long>() > 0;

    /// <summary>Looks after a step, if it is time.</summary>
    /// <param name="step">Steps made; 0 is the teacher.</param>
    /// <returns>The part of the samples that the network knows; null where it was not looked at.</returns>
    public double? After(long step)
    {
        if (step % _goal.Every != 0)
        {
            return null;
        }
        var known = _probe.Calibration(_network, _signal);
        _reached.fill_(known >= (step == 0 ? _goal.Enough : _goal.Least) ? 1 : 0);
        return known;
    }

    public void Dispose()
    {
        _probe.Dispose();
        _reached.Dispose();
    }
}
