//! Owners of the tree, and ways to use it, that do not go together.

use redd_spec::Spec;
use redd_spec::ids::{Ownership, RANGE_SIZE, UserNamespace};
use redd_spec::root::{Access, Persistence, Volatile};

use super::PlanError;
use crate::facts::{Grants, TreeFacts};
use crate::planner::context::Context;
use crate::planner::owners;

pub(super) fn refuse(context: &Context<'_>) -> Result<(), PlanError> {
    let (spec, tree, grants) = (context.spec, context.tree, context.grants);
    refuse_unfit_owner(spec, tree, grants)?;
    if spec.ownership == Ownership::Chown {
        refuse_chown(spec, tree, grants)?;
    }
    let root = &spec.root;
    let conflict = |one, other, reason| Err(PlanError::Conflict { one, other, reason });
    if root.template.is_some() && root.persistence == Persistence::Ephemeral {
        return conflict("--template", "--ephemeral", ": one makes a tree that stays");
    }
    if root.volatile == Volatile::Yes && root.pivot.is_some() {
        return conflict(
            "--volatile=yes",
            "--pivot-root",
            ": the root is made of /usr alone; use --volatile=overlay",
        );
    }
    if root.volatile == Volatile::Yes && tree.template.is_some() {
        return conflict("--volatile=yes", "a tree over a template", ": use --volatile=overlay");
    }
    Ok(())
}

/// The owner of an overlay's merged root is that of the tree, so what holds for the tree holds for it.
fn refuse_unfit_owner(spec: &Spec, tree: &TreeFacts, grants: &Grants) -> Result<(), PlanError> {
    let Some(ids) = grants.ids else { return Ok(()) };
    let owner = tree.owner.0;
    if spec.users == UserNamespace::FromTreeOwner && owners::is_foreign(tree.owner) {
        return Err(PlanError::RunsAsForeign { owner });
    }
    match spec.ownership {
        Ownership::Foreign if !owners::is_foreign(tree.owner) => Err(PlanError::NotForeign { owner }),
        Ownership::Auto | Ownership::Map if owners::is_unclear(ids, tree.owner) => {
            Err(PlanError::OwnedByOthers { owner, start: ids.start.0 })
        }
        Ownership::Auto | Ownership::Map | Ownership::Foreign | Ownership::Chown | Ownership::Off => Ok(()),
    }
}

fn refuse_chown(spec: &Spec, tree: &TreeFacts, grants: &Grants) -> Result<(), PlanError> {
    let refuse = |reason| Err(PlanError::Chown { reason });
    if spec.root.access == Access::ReadOnly {
        return refuse("the tree is not to be changed (--read-only)");
    }
    if spec.root.volatile != Volatile::No {
        return refuse("the tree is not to be changed (--volatile)");
    }
    if tree.template.is_some() {
        return refuse("the tree lies over a template, which others may use");
    }
    match grants.ids {
        Some(ids) if !ids.start.0.is_multiple_of(RANGE_SIZE) || ids.count != RANGE_SIZE => {
            refuse("the range of ids is not one of 65536 that starts at a multiple of 65536")
        }
        Some(_) | None => Ok(()),
    }
}
