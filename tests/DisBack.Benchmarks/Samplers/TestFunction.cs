using DisBack.Search.Spaces;

namespace DisBack.Benchmarks.Samplers;

/// <summary>A function that samplers are tried on; its least value is 0.</summary>
internal sealed record TestFunction(string Name, SearchSpace Space, Func<IReadOnlyDictionary<string, double>, double> ValueAt)
{
    private const int Dimensions = 5;

    public static IReadOnlyList<TestFunction> All { get; } =
    [
        Of("sphere", 5.12, x => x.Sum(xi => xi * xi)),
        Of("Rosenbrock", 5, x => x.Zip(x.Skip(1), (a, b) => 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a)).Sum()),
        Of("Rastrigin", 5.12, x => x.Sum(xi => xi * xi + 10 * (1 - Math.Cos(2 * Math.PI * xi)))),
        Of("Ackley", 32.768, x =>
            20 * (1 - Math.Exp(-0.2 * Math.Sqrt(x.Average(xi => xi * xi)))) + Math.E - Math.Exp(x.Average(xi => Math.Cos(2 * Math.PI * xi)))),
        new(
            "mixed",
            new SearchSpace(
            [
                new Parameter("rate", new RealDomain(1e-6, 1, Log: true)),
                new Parameter("batch", new IntegerDomain(1, 1024, Log: true)),
                new Parameter("rank", new IntegerDomain(1, 32)),
                new Parameter("decay", new RealDomain(0, 1, Step: 0.05)),
                new Parameter("host", new CategoricalDomain(4)),
            ]),
            x => Squared(Math.Log10(x["rate"]) + 2.5) + Squared(Math.Log2(x["batch"] / 64)) / 4 + Squared((x["rank"] - 20) / 8)
                + 4 * Squared(x["decay"] - 0.9) + new[] { 0.5, 1, 0, 2 }[(int)x["host"]]),
    ];

    private static TestFunction Of(string name, double reach, Func<double[], double> valueAt) => new(
        name,
        new SearchSpace(Enumerable.Range(0, Dimensions).Select(i => new Parameter($"x{i}", new RealDomain(-reach, reach)))),
        point => valueAt([.. point.Values]));

    private static double Squared(double x) => x * x;
}
