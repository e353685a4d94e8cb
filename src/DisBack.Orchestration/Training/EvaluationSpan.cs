using System.Diagnostics;
using DisBack.Telemetry;

namespace DisBack.Orchestration.Training;

/// <summary>The time from its creation to its end, as that of an evaluation.</summary>
internal sealed class EvaluationSpan(Activity? span, TimeProvider time) : IDisposable
{
    private readonly long _started = time.GetTimestamp();

    public void Dispose()
    {
        // In the span, so that the exemplar of the histogram leads to the trace.
        Instruments.EvaluationSeconds.Record(time.GetElapsedTime(_started).TotalSeconds);
        span?.Dispose();
    }
}
