namespace DisBack.Fuzz.Readers;

/// <summary>Makes an input from seeds, as a pure function of the state of the generator.</summary>
internal delegate byte[] Mutation(Random random, IReadOnlyList<byte[]> seeds);

/// <summary>Something in the product that reads what others have written.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Share">How many inputs it gets for one of the slowest.</param>
/// <param name="Seeds">Small sound inputs, made in code; the first one is accepted.</param>
/// <param name="Mutate">Makes an input of them.</param>
/// <param name="Open">Prepares the reading in a folder of its own; what it returns reads one input, and throws where the product does.</param>
internal sealed record Reader(string Name, int Share, Func<IReadOnlyList<byte[]>> Seeds, Mutation Mutate, Func<string, Action<byte[]>> Open)
{
    /// <summary>A reader of bytes in memory.</summary>
    public static Reader OfBytes(string name, int share, Func<IReadOnlyList<byte[]>> seeds, Mutation mutate, Action<byte[]> read) =>
        new(name, share, seeds, mutate, _ => read);

    /// <summary>A reader of a file.</summary>
    public static Reader OfFile(string name, int share, Func<IReadOnlyList<byte[]>> seeds, Mutation mutate, Action<string> read) =>
        new(name, share, seeds, mutate, folder =>
        {
            var path = Path.Combine(folder, "input");
            return bytes =>
            {
                File.WriteAllBytes(path, bytes);
                read(path);
            };
        });
}
