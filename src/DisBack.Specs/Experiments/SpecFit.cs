using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;

namespace DisBack.Specs.Experiments;

/// <summary>Whether the parts of a spec fit each other, as its data sets and its teacher's network show; asked before anything is trained.</summary>
public static class SpecFit
{
    /// <summary>The key of the weights that a student begins with.</summary>
    public const string WeightsKey = "student.weights";

    /// <summary>Refuses an experiment that cannot work with its teacher.</summary>
    /// <param name="spec">The experiment.</param>
    /// <param name="teacher">The teacher's network.</param>
    /// <param name="reference">The real images of its evaluation; null where it has their statistics.</param>
    /// <param name="data">Its real images; null where it has none.</param>
    /// <param name="conditions">Its prompts; null where it has none.</param>
    /// <param name="weights">The network of the weights that the student is to begin with; null where it names none.</param>
    /// <exception cref="SpecMistakeException">
    /// The student makes other samples than the teacher, images have another shape, prompts another form, or the teacher's network cannot do what the host asks
    /// of it.
    /// </exception>
    public static void Check(
        ExperimentSpec spec,
        NetworkSettings teacher,
        DatasetFacts? reference,
        DatasetFacts? data,
        EmbeddingFacts? conditions = null,
        NetworkSettings? weights = null)
    {
        if (spec.Student.Network is { } student && (student.Shape, student.Classes) != (teacher.Shape, teacher.Classes))
        {
            throw new SpecMistakeException("student.network",
                $"student.network makes samples of {student.Shape} (channels, height, width) in {student.Classes} classes but the teacher makes "
                    + $"{teacher.Shape} in {teacher.Classes}: give the student the teacher's img_channels, img_resolution and label_dim");
        }
        if (spec.Adapters is not null && teacher is not TextUnetSettings)
        {
            throw new SpecMistakeException("adapters",
                "only teachers of texts (text-unet) have adapters: leave adapters out; the host vsd has fake_rank for a fake score of its own");
        }
        if (teacher is TextUnetSettings && spec.Backtracking is VsdSettings { FakeRank: not null })
        {
            throw new SpecMistakeException(
                "backtracking.fake_rank", "all networks of a teacher of texts can be adapters: set adapters.rank in place of fake_rank");
        }
        CheckHardware(spec.Hardware, teacher);
        if (spec.Student.Network is { } own)
        {
            CheckHardware(spec.Hardware, own);
        }
        if (teacher is TextUnetSettings && spec.Evaluation.Measures)
        {
            throw new SpecMistakeException("evaluation.features",
                $"the teacher makes latents of {teacher.Shape} (channels, height, width), whose features nobody knows: set evaluation.features to "
                    + $"{EvaluationSettings.NoFeatures}, and measure pictures that 'disback sample' decodes");
        }
        if (spec.Backtracking.Guidance is not null && !teacher.IsGuidable)
        {
            throw new SpecMistakeException("backtracking.guidance",
                $"the teacher {(teacher.Classes == 0 ? "knows no classes" : "was trained with network.label_dropout 0")}, so guidance has nothing to compare "
                    + "its classes with: leave backtracking.guidance out, or train a teacher of classes with network.label_dropout above 0, such as 0.1");
        }
        if (spec.Backtracking is DiffInstructSettings host)
        {
            CheckHost(host, teacher);
        }
        CheckConditions(teacher, conditions);
        if (weights is not null)
        {
            CheckWeights(weights, spec.NetworkOfStudent(teacher));
        }
        if (data is not null)
        {
            CheckShape("data", data, teacher.Shape);
            CheckKind(spec, teacher, data);
            if (spec.Backtracking.NeedsData && teacher.Classes > 0 && teacher.Classes != data.Classes)
            {
                throw new SpecMistakeException("data",
                    $"data has images in {data.Classes} classes but the teacher makes {teacher.Classes}: name images in the classes that it was trained with");
            }
        }
        if (reference is not null)
        {
            CheckReference(reference, teacher.Shape);
        }
    }

    /// <summary>Refuses a training whose network does not fit its images.</summary>
    /// <param name="spec">The training.</param>
    /// <param name="data">Its images.</param>
    /// <param name="reference">The real images of its evaluation; null where it has none.</param>
    /// <exception cref="SpecMistakeException">Images have another shape or other classes than the network.</exception>
    public static void Check(TeacherSpec spec, DatasetFacts data, DatasetFacts? reference = null)
    {
        CheckHardware(spec.Hardware, spec.Network);
        var shape = spec.Network.Shape;
        if (data.Embeddings is not null)
        {
            throw new SpecMistakeException("data.source", "a teacher is trained on images, and these are latents: name images");
        }
        if ((data.Resolution, data.Resolution) != (shape.Height, shape.Width))
        {
            throw new SpecMistakeException("data.resolution",
                $"the images have {data.Resolution} pixels but the network has {shape.Height}; make data.resolution and network.img_resolution equal");
        }
        if (data.Channels != shape.Channels)
        {
            throw new SpecMistakeException("network.img_channels",
                $"the images have {data.Channels} channels but the network has {shape.Channels}; make data.channels and network.img_channels equal");
        }
        if (spec.Network.Classes is > 0 and var classes && classes != data.Classes)
        {
            throw new SpecMistakeException("network.label_dim", data.Classes == 0
                ? $"the network has {classes} classes but the images have none; set network.label_dim to 0, or put the images into one folder for each class"
                : $"the network has {classes} classes but the images have {data.Classes}; set network.label_dim to {data.Classes}, or to 0 to ignore them");
        }
        if (reference is not null)
        {
            CheckReference(reference, shape);
        }
    }

    private static void CheckHardware(HardwareSettings hardware, NetworkSettings network)
    {
        if (hardware.CheckpointActivations && network is not TextUnetSettings)
        {
            throw new SpecMistakeException("hardware.checkpoint_activations",
                "only a network of the model_type text-unet can run its blocks again for their gradients: leave hardware.checkpoint_activations out");
        }
    }

    private static void CheckHost(DiffInstructSettings host, NetworkSettings teacher)
    {
        if (host.Dropout && teacher is not UNetSettings { Dropout: > 0 })
        {
            throw new SpecMistakeException("backtracking.dropout",
                "the teacher has network.dropout 0, so its network drops nothing: leave backtracking.dropout out, or name a teacher with network.dropout above "
                    + "0, such as 0.13");
        }
        if (host.Augmentation is not null && teacher is not UNetSettings { AugmentDim: AugmentationSettings.LabelLength })
        {
            throw new SpecMistakeException("backtracking.augmentation",
                "the teacher's network cannot be told how an image was augmented: leave backtracking.augmentation out, or name a teacher with "
                    + $"network.augment_dim {AugmentationSettings.LabelLength}");
        }
    }

    private static void CheckWeights(NetworkSettings weights, NetworkSettings student)
    {
        if (weights is TextUnetSettings given && student is TextUnetSettings wanted)
        {
            if (given.Adapter?.Rank != wanted.Adapter?.Rank || given.Adapter?.Scale != wanted.Adapter?.Scale)
            {
                throw new SpecMistakeException(WeightsKey,
                    $"the file holds {Named(given.Adapter)} but the student trains {Named(wanted.Adapter)}: name a file of these, or change 'adapters' of the "
                        + "spec");
            }
            // The same weights draw pictures of every size.
            weights = given with { SampleSize = wanted.SampleSize, Adapter = wanted.Adapter };
        }
        if (weights.ToJson() != student.ToJson())
        {
            throw new SpecMistakeException(WeightsKey,
                "the file holds the weights of a network with other settings than the student's: name weights of its own network, or give the student that "
                    + "of the file as student.network");
        }

        static string Named(AdapterSettings? adapters) => adapters is null
            ? "all weights of a network"
            : FormattableString.Invariant($"adapters of rank {adapters.Rank} and alpha {adapters.Alpha ?? adapters.Rank}");
    }

    private static void CheckConditions(NetworkSettings teacher, EmbeddingFacts? conditions)
    {
        switch ((teacher.Embeddings, conditions))
        {
            case (null, not null):
                throw new SpecMistakeException("conditions", "the teacher draws no pictures of prompts: leave conditions out, or name a teacher that does");
            case (not null, null):
                throw new SpecMistakeException(
                    "teacher", "the teacher draws pictures of prompts: name their embeddings with 'conditions', a file of 'disback prompts encode'");
            case ({ } told, { } known) when told != known.Shape:
                throw new SpecMistakeException("conditions",
                    $"conditions has embeddings of the widths {known.Shape} (of a token, of a text) but the teacher's network takes {told}: encode the prompts "
                        + "with the teacher's own model");
        }
    }

    /// <summary>Latents are for a network that is told their captions, and images for one that is not.</summary>
    private static void CheckKind(ExperimentSpec spec, NetworkSettings teacher, DatasetFacts data)
    {
        if (teacher.Embeddings != data.Embeddings?.Shape && (data.Embeddings is not null || spec.Backtracking.NeedsData))
        {
            throw new SpecMistakeException("data", (teacher.Embeddings, data.Embeddings) switch
            {
                (null, _) => "data has latents with captions but the teacher draws no pictures of prompts: name images",
                (_, null) => "data has images but the teacher draws pictures of prompts: name latents with captions, a file of 'disback latents encode'",
                var (told, known) => $"data has captions whose embeddings have the widths {known!.Shape} (of a token, of a text) but the teacher's network "
                    + $"takes {told}: encode them with the teacher's own model",
            });
        }
    }

    private static void CheckReference(DatasetFacts reference, SampleShape made)
    {
        if (reference.Embeddings is not null)
        {
            throw new SpecMistakeException("evaluation.reference", "an evaluation compares images, and evaluation.reference names latents: name images");
        }
        CheckShape("evaluation.reference", reference, made);
    }

    private static void CheckShape(string key, DatasetFacts data, SampleShape made)
    {
        var images = new SampleShape(data.Channels, data.Resolution, data.Resolution);
        if (images != made && data.Embeddings is not null)
        {
            throw new SpecMistakeException(key,
                $"{key} has latents of {images} (channels, height, width) but the teacher makes {made}: encode the pictures again in the teacher's size");
        }
        if (images != made)
        {
            throw new SpecMistakeException(key,
                $"{key} has images of {images} (channels, height, width) but the teacher makes {made}: set {key}.resolution to {made.Height} and "
                    + $"{key}.channels to {made.Channels}");
        }
    }
}
