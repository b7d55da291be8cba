//! Overlays that the user asked for. Each layer is mapped by itself, because an overlay cannot be.

use redd_spec::ids::HostId;
use redd_spec::mounts::{CustomMount, LayerSource, Overlay, Submounts, UpperSource};
use redd_spec::path::PathInRoot;
use redd_spec::root::Access;

use super::context::{Context, Steps};
use super::owners;
use crate::action::{
    Action, LayerPlace, LayerRoot, MountFlags, MountSource, StageIdMap, Substitutes, UpperLayer,
};
use crate::descriptor::Slot;
use crate::facts::LayerFacts;
use crate::step::Undo;

/// One overlay, and what is known of it.
struct Planned<'a> {
    context: &'a Context<'a>,
    /// Its place in the Spec.
    index: usize,
    overlay: &'a Overlay,
    facts: &'a [LayerFacts],
}

/// A layer, the slot it waits in, and what is known of it.
struct Layer<'a> {
    source: &'a LayerSource,
    slot: Slot,
    facts: &'a LayerFacts,
}

/// Copies the mounts of the host's layers, and makes what is worked in.
pub(super) fn prepare(context: &Context<'_>, steps: &mut Steps) {
    for planned in all(context) {
        planned.make_directories(steps);
        for layer in planned.layers() {
            if let LayerSource::Host(path) = layer.source {
                let source = MountSource::Host { path: path.clone(), submounts: Submounts::Excluded };
                steps.host(Action::CopyMount { slot: layer.slot, source }, &[]);
            }
        }
    }
}

/// Stages the layers, and lays them over each other; those of the tree come from the root that is staged by then.
pub(super) fn stage(context: &Context<'_>, steps: &mut Steps) {
    for planned in all(context) {
        for layer in planned.layers() {
            planned.stage_layer(&layer, steps);
        }
        let lower: Vec<Slot> = planned.read_only_layers().map(|layer| layer.slot).collect();
        let flags = match planned.overlay.access {
            Access::ReadWrite => MountFlags::NONE,
            Access::ReadOnly => MountFlags::READ_ONLY,
        };
        let (slot, upper) = (Slot::custom(planned.index), planned.upper());
        let marks = context.overlay_marks();
        let substitutes = Substitutes::NONE;
        steps.host(Action::StageOverlay { slot, lower, upper, flags, marks, substitutes }, &[]);
    }
}

fn all<'a>(context: &'a Context<'_>) -> impl Iterator<Item = Planned<'a>> {
    context.spec.mounts.iter().enumerate().filter_map(move |(index, mount)| {
        let CustomMount::Overlay(overlay) = mount else { return None };
        let facts = context.grants.layers.get(index).map_or(&[][..], Vec::as_slice);
        Some(Planned { context, index, overlay, facts })
    })
}

impl<'a> Planned<'a> {
    /// All layers that were given, the lowest first.
    fn layers(&self) -> impl Iterator<Item = Layer<'a>> + use<'a> {
        let upper = match &self.overlay.upper {
            UpperSource::Given(source) => Some(source),
            UpperSource::Temporary => None,
        };
        let index = self.index;
        let sources = self.overlay.lower.iter().chain(upper).zip(self.facts);
        sources.enumerate().map(move |(number, (source, facts))| Layer {
            source,
            slot: Slot::layer(index, number),
            facts,
        })
    }

    /// Those that nothing is written to.
    fn read_only_layers(&self) -> impl Iterator<Item = Layer<'a>> + use<'a> {
        let count = match self.written_layer() {
            Some(_) => self.overlay.lower.len(),
            None => self.facts.len(),
        };
        self.layers().take(count)
    }

    /// The given one that is written to.
    fn written_layer(&self) -> Option<Layer<'a>> {
        match (&self.overlay.upper, self.overlay.access) {
            (UpperSource::Given(_), Access::ReadWrite) => self.layers().last(),
            (UpperSource::Given(_) | UpperSource::Temporary, _) => None,
        }
    }

    fn is_written(&self, layer: &Layer<'_>) -> bool {
        self.written_layer().is_some_and(|written| written.slot == layer.slot)
    }

    fn make_directories(&self, steps: &mut Steps) {
        if self.overlay.upper == UpperSource::Temporary {
            let path = self.context.temporary_directory(self.index);
            let undo = Undo::RemoveDirectory { path: path.clone() };
            steps.host_undone(Action::CreateHostDirectory { path, owner: HostId(0) }, &[], undo);
        }
        let Some(written) = self.written_layer() else { return };
        if let Some(place) = self.work_place(&written) {
            let owner = owners::on_disk(self.map_of(&written));
            let undo = Undo::RemoveWorkDirectory { place: place.clone() };
            steps.host_undone(Action::CreateWorkDirectory { place, owner }, &[], undo);
        }
    }

    /// The directory that is worked in has to be beside the layer, on the same mount.
    fn work_place(&self, layer: &Layer<'_>) -> Option<LayerPlace> {
        let place = layer.facts.place.as_ref()?;
        Some(place.beside(format!(".#{}.{}.{}.work", place.name, self.context.spec.name, self.index)))
    }

    fn stage_layer(&self, layer: &Layer<'_>, steps: &mut Steps) {
        let slot = layer.slot;
        let is_written = self.is_written(layer);
        let flags = if is_written { MountFlags::NONE } else { MountFlags::READ_ONLY };
        let id_map = match layer.source {
            LayerSource::Host(_) => self.map_of(layer),
            // The root is mapped already.
            LayerSource::Tree(path) => {
                let place = layer.facts.place.as_ref().filter(|_| is_written);
                let parent = place.and_then(|place| PathInRoot::new(&place.parent).ok());
                let source = MountSource::StagedRoot { path: parent.unwrap_or_else(|| path.clone()) };
                steps.host(Action::CopyMount { slot, source }, &[]);
                StageIdMap::Unmapped
            }
        };
        steps.host(Action::Stage { slot, id_map, flags }, &[]);
    }

    fn map_of(&self, layer: &Layer<'_>) -> StageIdMap {
        match (layer.source, self.context.ids) {
            (LayerSource::Tree(_), _) => owners::of_tree(self.context),
            (LayerSource::Host(_), Some(ids)) => owners::of_owner(ids, layer.facts.owner),
            (LayerSource::Host(_), None) => StageIdMap::Unmapped,
        }
    }

    fn upper(&self) -> UpperLayer {
        if self.overlay.upper == UpperSource::Temporary {
            let path = self.context.temporary_directory(self.index);
            return UpperLayer::Directory(path, self.root_of_temporary_layer());
        }
        let Some(layer) = self.written_layer() else { return UpperLayer::None };
        let (Some(place), Some(work)) = (&layer.facts.place, self.work_place(&layer)) else {
            return UpperLayer::None;
        };
        let mounter = self.context.mounter(self.map_of(&layer));
        let (slot, identity) = (layer.slot, layer.facts.identity);
        UpperLayer::Given { slot, name: place.name.clone(), work: work.name, identity, mounter }
    }

    /// It covers the root directory of the layer below it, and is to look like that.
    fn root_of_temporary_layer(&self) -> LayerRoot {
        let Some(below) = self.layers().last() else {
            return LayerRoot { owner: self.context.root_id(), mode: 0o755 };
        };
        LayerRoot { owner: owners::shown_as(self.map_of(&below), below.facts.owner), mode: below.facts.mode }
    }
}
