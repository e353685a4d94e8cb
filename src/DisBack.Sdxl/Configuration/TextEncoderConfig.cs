namespace DisBack.Sdxl.Configuration;

/// <summary>What a CLIP text encoder is built from.</summary>
/// <param name="VocabularySize">How many tokens have an embedding.</param>
/// <param name="Positions">The most tokens of a prompt.</param>
/// <param name="Width">Extent of the hidden states.</param>
/// <param name="InnerWidth">Extent between the two linear maps of a layer.</param>
/// <param name="Layers">How many layers there are.</param>
/// <param name="Heads">How many attention heads; they divide the width.</param>
/// <param name="Activation">What is between the two linear maps.</param>
/// <param name="Epsilon">What layer normalisation adds to the variance.</param>
/// <param name="ProjectionWidth">Extent of the pooled text; null where it is not projected.</param>
internal sealed record TextEncoderConfig(
    int VocabularySize,
    int Positions,
    int Width,
    int InnerWidth,
    int Layers,
    int Heads,
    TextActivation Activation,
    double Epsilon,
    int? ProjectionWidth)
{
    // SDXL's larger one has 32 layers. A damaged file cannot ask for more than can be made in a moment, nor for more elements than can be counted.
    private const int MostLayers = 128, MostExtent = 1 << 20;

    /// <summary>Reads the settings under the names of transformers.</summary>
    /// <exception cref="DisBackException">One is missing, unknown or impossible.</exception>
    public static TextEncoderConfig Read(ConfigReader settings)
    {
        // The ids of begin, end and padding are the defaults of a program and mean nothing: the text is pooled at the first maximum of the ids.
        settings.Ignore("bos_token_id", "eos_token_id", "pad_token_id");
        settings.Ignore("attention_dropout", "dropout", "initializer_factor", "initializer_range", "torch_dtype", "dtype", "transformers_version");
        settings.Only("model_type", "clip_text_model");
        var projected = settings.Texts("architectures") switch
        {
            ["CLIPTextModel"] => false,
            ["CLIPTextModelWithProjection"] => true,
            var other => throw new DisBackException($"'{settings.Source}' is of a '{string.Join(", ", other)}', and this build knows CLIPTextModel and "
                + "CLIPTextModelWithProjection: name a model of Stable Diffusion XL's kind."),
        };
        var projection = Positive("projection_dim");
        var config = new TextEncoderConfig(
            Positive("vocab_size"),
            Positive("max_position_embeddings"),
            Positive("hidden_size"),
            Positive("intermediate_size"),
            Positive("num_hidden_layers", MostLayers),
            Positive("num_attention_heads"),
            settings.Text("hidden_act") switch
            {
                "quick_gelu" => TextActivation.QuickGelu,
                "gelu" => TextActivation.Gelu,
                var other => throw new DisBackException($"'hidden_act' of '{settings.Source}' is '{other}', and this build knows quick_gelu and gelu: it would "
                    + "read a prompt otherwise than the model."),
            },
            settings.Double("layer_norm_eps"),
            projected ? projection : null);
        settings.Finish();
        if (!double.IsFinite(config.Epsilon) || config.Epsilon <= 0)
        {
            throw new DisBackException($"'layer_norm_eps' of '{settings.Source}' is {config.Epsilon}, which is no number above 0: the file is damaged.");
        }
        return config.Width % config.Heads == 0
            ? config
            : throw new DisBackException($"'num_attention_heads' of '{settings.Source}' is {config.Heads}, which does not divide 'hidden_size', "
                + $"{config.Width}: the file is damaged.");

        int Positive(string key, int most = MostExtent) => settings.Int(key) is > 0 and var number && number <= most
            ? number
            : throw new DisBackException($"'{key}' of '{settings.Source}' should be 1 to {most}: the file is damaged.");
    }
}
