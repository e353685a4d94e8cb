using DisBack.Specs.Reading;

namespace DisBack.Specs.Experiments;

/// <summary>A run needs more memory than a machine has.</summary>
/// <param name="key">The key of the batch.</param>
/// <param name="what">How much is needed, how much there is, and what would fit, without a full stop.</param>
public sealed class DoesNotFitException(string key, string what) : SpecMistakeException(key, what);
