namespace DisBack.Specs.Reading;

/// <summary>A value of a spec that reads well but cannot work, as files, weights or a machine show.</summary>
/// <param name="key">The key of the value, such as <c>data.resolution</c>, or of the section around it.</param>
/// <param name="what">What is wrong and what to do, without a full stop.</param>
/// <param name="cause">What it was seen by; null if nothing was thrown.</param>
public class SpecMistakeException(string key, string what, Exception? cause = null) : DisBackException($"{what}.", cause)
{
    /// <summary>The key of the value.</summary>
    public string Key { get; } = key;

    /// <summary>What is wrong and what to do, without a full stop.</summary>
    public string What { get; } = what;
}
