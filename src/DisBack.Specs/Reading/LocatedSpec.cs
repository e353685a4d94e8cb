namespace DisBack.Specs.Reading;

/// <summary>A spec that was read, and where each value of it was written.</summary>
/// <param name="spec">The spec.</param>
/// <param name="locate">The location of a key, or of the nearest section around it that was written.</param>
public sealed class LocatedSpec<T>(T spec, Func<string, SpecLocation> locate) where T : class
{
    /// <summary>The spec.</summary>
    public T Spec { get; } = spec;

    /// <summary>Another spec that was made of this text.</summary>
    public LocatedSpec<T> With(T other) => new(other, locate);

    /// <summary>Does what only files, weights or a machine can show to be wrong, and points at the text where it is.</summary>
    /// <param name="check">Throws <see cref="SpecMistakeException"/> for what cannot work.</param>
    /// <exception cref="SpecException">It did.</exception>
    public async Task<TResult> CheckAsync<TResult>(Func<Task<TResult>> check)
    {
        try
        {
            return await check();
        }
        catch (SpecMistakeException mistake)
        {
            throw At(mistake);
        }
    }

    /// <inheritdoc cref="CheckAsync{TResult}"/>
    public async Task CheckAsync(Func<Task> check)
    {
        try
        {
            await check();
        }
        catch (SpecMistakeException mistake)
        {
            throw At(mistake);
        }
    }

    /// <inheritdoc cref="CheckAsync{TResult}"/>
    public TResult Check<TResult>(Func<TResult> check)
    {
        try
        {
            return check();
        }
        catch (SpecMistakeException mistake)
        {
            throw At(mistake);
        }
    }

    /// <summary>Another spec that was written like this one.</summary>
    /// <param name="other">The spec.</param>
    /// <param name="moved">The location of a key that it has elsewhere; null for all others.</param>
    internal LocatedSpec<T> With(T other, Func<string, SpecLocation?> moved) => new(other, key => moved(key) ?? locate(key));

    private SpecException At(SpecMistakeException mistake) => new([new SpecProblem(locate(mistake.Key), mistake.What)]);
}
