using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Randomness;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Conditions;

/// <summary>Conditions are a pure function of (seed, step), and of the number of a sample.</summary>
public sealed class ConditionSourceTests
{
    [Fact]
    public void Classes_are_drawn_from_the_stream_and_take_turns_by_number()
    {
        using var scope = NewDisposeScope();
        var source = IConditionSource.OfClasses(3);
        Assert.True(Drawn(source, 5).Equals(Drawn(source, 5)));
        Assert.False(Drawn(source, 5).Equals(Drawn(source, 6)));
        Assert.Equal([2L, 0, 1, 2], OneHot(source.InTurn(2, 4)).argmax(1).data<long>().ToArray());
        Assert.Equal(0, OneHot(source.Null(2)).abs().sum().item<float>());

        static Tensor Drawn(IConditionSource source, long step)
        {
            using var stream = new RandomStreams(1).For("test", step);
            return OneHot(source.Draw(64, stream));
        }

        static Tensor OneHot(Condition? condition) => Assert.IsType<ClassCondition>(condition).OneHot;
    }
}
