using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests;

/// <summary>SDXL's UNet with a few thousand weights, prompts and real latents for it, and what both stages are made from.</summary>
internal static class TinyTextNetwork
{
    private const int Prompts = 5;

    public static readonly TextUnetSettings Settings = new()
    {
        SampleSize = 8,
        Levels = [new(8, 1, 0), new(16, 2, 1)],
        LayersPerBlock = 1,
        MiddleDepth = 1,
        ContextWidth = 12,
        TimeIdWidth = 4,
        PooledWidth = 6,
        NormGroups = 4,
    };

    /// <summary>The network as teacher and its clone as the student of one step, or both as adapters on one frozen network.</summary>
    public static StageInputs Inputs(AdapterSettings? adapters = null)
    {
        return new StageInputs(OpenTeacher, OpenStudent, new RandomStreams(1), CPU) { Conditions = new Texts() };

        IGenerator OpenStudent() => FirstStudent.Open(new StudentSettings { Timesteps = [399] }, 0, OpenTeacher, CPU);

        Denoiser OpenTeacher() => adapters is null ? Open() : Adapt(adapters);
    }

    public static Denoiser Open()
    {
        using var init = new RandomStreams(7).For("text");
        return Denoiser.Create(Settings, init);
    }

    /// <summary>Fresh adapters, the same ones each time, on a frozen network.</summary>
    public static Denoiser Adapt(AdapterSettings adapters)
    {
        var whole = BorrowedNetwork.Freeze(Open());
        using var init = new RandomStreams(8).For("adapters");
        return whole.Network.WithAdapters(adapters, init, held: whole);
    }

    /// <summary>Real latents with texts of their own.</summary>
    public static IRealSamples Data() => new Latents();

    /// <summary>Embeddings of a few prompts, in memory.</summary>
    private sealed class Texts : IConditionSource
    {
        private static readonly (string Name, long[] Shape)[] s_parts = [("encoder_hidden_states", [7, 12]), ("text_embeds", [6])];

        public Condition Draw(long count, Generator generator)
        {
            using var index = randint(0, Prompts, [count], int64, generator: generator);
            return Rows(index);
        }

        public Condition InTurn(long first, long count)
        {
            using var index = arange(first, first + count, int64).remainder(Prompts);
            return Rows(index);
        }

        public Condition Null(long count) => new EmbeddingCondition(s_parts.ToDictionary(part => part.Name, part => zeros([count, .. part.Shape])));

        private static EmbeddingCondition Rows(Tensor index)
        {
            using var stream = new Generator(11);
            return new(s_parts.ToDictionary(
                part => part.Name, part => randn([Prompts, .. part.Shape], generator: stream).index_select(0, index)));
        }
    }

    private sealed class Latents : IRealSamples
    {
        public SampleShape Shape => Settings.Shape;

        public int Classes => 0;

        public (Tensor Samples, Condition? Condition) Batch(long step, long size)
        {
            using var stream = new RandomStreams(2).For("latents", step);
            var texts = new Texts().Draw(size, stream);
            return (randn([size, 4, 8, 8], generator: stream), texts);
        }

        public void Dispose()
        {
        }
    }
}
