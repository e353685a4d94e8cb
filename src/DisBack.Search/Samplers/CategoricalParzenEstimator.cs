using DisBack.Search.Spaces;

namespace DisBack.Search.Samplers;

/// <summary>Of n values, a component gives the choice of its value 1 + 1/(n + 1) parts and any other one 1/(n + 1); the prior is uniform.</summary>
internal sealed class CategoricalParzenEstimator : ParzenEstimator
{
    private readonly double[] _probabilities;

    public CategoricalParzenEstimator(CategoricalDomain domain, double[] values)
    {
        var weights = Weights(values.Length);
        var smoothing = 1.0 / (values.Length + 1);
        var own = 1 / (1 + domain.Choices * smoothing);
        _probabilities = new double[domain.Choices];
        Array.Fill(_probabilities, (1 - weights[^1]) * smoothing * own + weights[^1] / domain.Choices);
        for (var i = 0; i < values.Length; i++)
        {
            _probabilities[(int)values[i]] += weights[i] * own;
        }
    }

    public override double Sample(double first, double second)
    {
        var choice = 0;
        for (; choice < _probabilities.Length - 1 && first >= _probabilities[choice]; choice++)
        {
            first -= _probabilities[choice];
        }
        return choice;
    }

    public override double LogDensity(double value) => Math.Log(_probabilities[(int)value]);
}
