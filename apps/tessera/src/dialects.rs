//! The four documented APIs, one file each: its settings, its promises and its routes.

mod device;
mod integration;
mod login;
mod mechanics;

pub use device::DeviceDialect;
pub use integration::IntegrationDialect;
pub use login::LoginDialect;
pub use mechanics::MechanicsDialect;
