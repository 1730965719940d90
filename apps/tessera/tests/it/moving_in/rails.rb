# Makes a database by Devise and Doorkeeper, on Active Record without a Rails application, and has them accept each password and
# token. Prints what its clients know. The arguments are the database's path, and `polymorphic` where owners of tokens may be of several
# models.
require "erb"
require "json"
require "sqlite3"
require "rails"
require "active_record"
require "devise"
require "devise/orm/active_record"
require "doorkeeper"
require "doorkeeper/orm/active_record"

path, kind = ARGV
POLYMORPHIC = kind == "polymorphic"
PEPPER = "a pepper of Devise"
PASSWORD = "correct horse battery"

Devise.setup do |config|
  config.pepper = PEPPER
  # The real number of stretches would take the tests' machine seconds.
  config.stretches = 4
end
CONFIGURE = proc do
  orm :active_record
  use_polymorphic_resource_owner if POLYMORPHIC
  default_scopes :read
  optional_scopes :write
end
Doorkeeper.configure(&CONFIGURE)

ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: path)
ActiveRecord::Migration.verbose = false
ActiveRecord::Schema.define do
  %i[users admins].each do |table|
    create_table table do |t|
      t.string :email, null: false, default: ""
      t.string :encrypted_password, null: false, default: ""
      t.timestamps null: false
    end
  end
end

# The migration that Doorkeeper's generator would write.
def migrate(name)
  folder = File.join(Gem::Specification.find_by_name("doorkeeper").gem_dir, "lib/generators/doorkeeper/templates")
  migration_version = "[#{ActiveRecord::VERSION::MAJOR}.#{ActiveRecord::VERSION::MINOR}]"
  text = ERB.new(File.read(File.join(folder, "#{name}.rb.erb"))).result(binding)
  eval(text, TOPLEVEL_BINDING)
  Object.const_get(text[/class (\w+)/, 1]).migrate(:up)
end
migrate("migration")
migrate("enable_polymorphic_resource_owner_migration") if POLYMORPHIC

class User < ActiveRecord::Base
  devise :database_authenticatable
end

class Admin < ActiveRecord::Base
  devise :database_authenticatable
end

ann = User.create!(email: "ann@example.com", password: PASSWORD)
Admin.create!(email: "root@example.com", password: PASSWORD)
raise "Devise refuses its own password" unless User.find(ann.id).valid_password?(PASSWORD)
raise "Devise knows no pepper" if User.find(ann.id).valid_password?("another password")

$app = Doorkeeper::Application.create!(name: "phone", redirect_uri: "https://example.com/callback", scopes: "read write")

def token(owner, scopes: "read write", **more)
  Doorkeeper::AccessToken.create_for(application: $app, resource_owner: owner, scopes: scopes, **more)
end

def accepts?(text)
  Doorkeeper::AccessToken.by_token(text)&.accessible? || false
end

def confirm(live, over)
  raise "Doorkeeper refuses its own token" unless live.all? { |text| accepts?(text) }
  raise "Doorkeeper accepts what is over" if over.any? { |text| accepts?(text) }
end

# In plain text, as Doorkeeper keeps tokens unless it is set otherwise.
plain = [token(ann, expires_in: 7200), token(ann, scopes: "read", expires_in: nil)].map(&:plaintext_token)
confirm(plain, [])

# From here on it keeps digests, beside the older rows.
Doorkeeper.configure do
  instance_exec(&CONFIGURE)
  hash_token_secrets fallback: :plain
end
hashed = [token(ann, expires_in: 7200), token(ann, expires_in: nil)].map(&:plaintext_token)
expired = token(ann, expires_in: 60, created_at: 2.hours.ago)
revoked = token(ann, expires_in: nil)
revoked.revoke
refused = [expired.plaintext_token, revoked.plaintext_token]
confirm(hashed, refused)
refused << token(nil, expires_in: 7200).plaintext_token
refused << token(Admin.first, expires_in: 7200).plaintext_token if POLYMORPHIC

puts JSON.generate(tokens: plain + hashed, refused: refused, header: "Bearer", login: ann.email, password: PASSWORD, pepper: PEPPER)
